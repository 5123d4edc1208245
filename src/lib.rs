//! Seqscope: a workbench for user-behaviour sequence modelling. **This page is the map**: read it
//! first, and change it in the same commit as whatever makes it untrue.
//!
//! # Bird's-eye view
//!
//! A log of what users did goes in at the left; explanations and comparisons come out at the right.
//!
//! ```text
//! file or world ─► data ─► Prepared ─► train::run ─► run folder ─► explain ─► window, command line
//!                   (sequences, split)     │  ▲          (disk)
//!                                    Event ▼  │ Command
//!                              observers: run writer, then the window or the progress bar
//! ```
//!
//! One program of six crates. `seqscope` opens the window; `seqscope train x.ron` and its sisters
//! need none. Both drive the same engine and write the same run folders, so a run that was started
//! in one is read in the other.
//!
//! An [`experiment::Experiment`] says what to do: data, split, task, model, training, seed.
//! [`data::prepare`] makes sequences and a split of it (a large log in pieces, on all processors;
//! what became of it is kept for the next time), [`data::audit()`] looks for what leaks between its
//! parts, [`model::ModelFamily::build`] makes a model, and [`train::run`] trains it on the calling
//! thread, asking a [`train::Control`] between steps and telling a [`train::Observer`] what
//! happens. The first observer is always the run's own writer, so what is on disk never depends on
//! who watches. Later, [`train::restore`] opens a run again and [`explain::user_view`] looks at one
//! user through it.
//!
//! What people accept and reject of a run's lists is kept with it ([`run::Feedback`]);
//! [`train::fine_tuning`] makes an experiment of it that goes on from the run's weights, as a run of
//! its own, and [`run::tuning_effect`] tells what that changed, for those who answered and for all
//! others.
//!
//! A run can be steered ([`train::run_steered`]): epochs are added to it, it is forked from one of
//! its epochs with changed settings, settings are changed while it trains, it is made step by step.
//!
//! The usual task is the next item: the split's questions, ranks, the catalogue's softmax. For the
//! others (next behaviour, will the user act in time, gap or value) [`data::outcomes()`] makes
//! questions with their answers, [`model::Blueprint`] says what the model is to put out, and a head
//! on the state after the last event answers. What a family must offer for that is such a state,
//! and nothing of any task.
//!
//! # Code map
//!
//! Each crate is a folder under `src` with a manifest; it knows those above it in the table, and no
//! other. Within a crate no module imports what stands below it here.
//!
//! | crate | module | what it is for | heavy crates |
//! |---|---|---|---|
//! | `base` | [`spec`] | the words in which a setting describes itself; named seeds, files written whole; a leaf | |
//! | | [`metric`] | scores in, numbers out, and how sure their differences are | |
//! | | [`language`] | what the program's sentences are in other languages | `polib` |
//! | | [`manual`] | the chapters that the window and the command line show | |
//! | `data` | [`data`] | tables in, sequences and batches out; its layers: values, worlds, logs, datasets, descriptions | `polars`, `rusqlite`, `blake3` |
//! | `model` | [`baseline`] | the classical references that run beside every model, and forecasts of counts | `gemm` |
//! | | [`model`] | the neural families; results leave as `f32` | `burn`, `burn-wgpu`, `gemm`, `pulp` |
//! | `engine` | [`experiment`] | what to do, as the user wrote it; models by the names of papers (`named_model`) | `ron` |
//! | | [`run`] | what happened, on disk; the only writer of results; how runs differ and how sure that is (`contrast`), and on whom (`agreement`); runs of other seeds and their mean (`seeds`), as groups that are tested against each other (`groups`); what waits to be trained, and who works on it (`queue`) | `ron` |
//! | | [`slice`](mod@slice) | which users of a run a person means: by list, by an expression | |
//! | | [`train`] | one run from start to end, without threads; going on with one (`resume`); a first experiment for a log (`suggest`); what the machine does meanwhile (`meter`) | `nvml-wrapper`, `sysinfo` |
//! | | [`sweep`] | many trials of one experiment: planned once, trained here or by a scheduler, picked on validation | |
//! | | [`explain`] | plain numbers in, explanations out; of the inside of families: gates, latent space, maps; rules that a model keeps; of two runs on one user (`beside`) | |
//! | | [`report`] | tables of what was found, as text, JSON, CSV, Markdown and LaTeX | |
//! | | [`figure`] | charts as plain numbers and words, drawn as SVG, PDF and PNG | `resvg`, `pdf-writer` |
//! | | [`cards`] | reports of charts, tables and notes, kept with where they came from; exported as HTML, Markdown and PDF | `pulldown-cmark` |
//! | | [`catalogue`] | the list of all that can be chosen, for help and tests | |
//! | | [`error`] | the sum of the modules' errors, and what is shown of them | |
//! | | [`bench`](mod@bench) | how long the work above takes | |
//! | `window` | [`app`] | the application without a pixel: state, actions, background jobs | threads |
//! | | [`ui`] | painting (feature `gui`): `page`, a folder each, whose `mod.rs` decides what is shown; `widget`, what is painted | `egui`, `eframe`, `egui_plot`, `egui_extras`, `rfd` |
//! | `commands` | [`cli`] | text in, text out; beside the window, not on it; a race has a thread a side | `clap`, `ctrlc`, `signal_hook`, `indicatif` |
//!
//! (`shared_build` beside them holds no code: it lets the tests of one crate, `cargo test -p
//! seqscope-model`, be built from what a build of all has left.)
//!
//! The root package joins them: this page, which names every module by one path, and `main.rs`:
//! arguments to the window or to a command, one printed error, the exit code. `lib.rs` or `mod.rs` of
//! each folder is its façade; what it does not re-export is nobody else's business.
//!
//! Walls between crates are held by the compiler: a crate that is not in a manifest cannot be named
//! (`cargo tree -p seqscope-base`), and without the feature `gui` there is no egui in the tree.
//! `tests/architecture` reads the manifests and the source and checks the table above, the order
//! within a crate, the files' sizes, the language (no nameless tuples as parameters, docs that begin
//! with the thing, one name for one type) and this page; and `unreachable_pub` is on.
//!
//! # What always holds
//!
//! Each invariant names the tests that check it; `tests/architecture` checks that they exist.
//!
//! 1. **One heavy dependency, one crate**: replacing polars, burn or egui is the change of one
//!    crate (tests `heavy_crates_stay_at_home`, `crates_know_only_those_inside_them`).
//! 2. **`train` knows neither burn nor egui.** It drives a `dyn` [`model::Trainable`], so that a
//!    fake model runs through it in milliseconds (tests `modules_import_leftwards_only`,
//!    `a_run_tells_its_story_in_order_and_ends_once`).
//! 3. **No tensor leaves `model`.** Results leave it as `f32`, ranks and names: burn's types cannot
//!    be named elsewhere (test `heavy_crates_stay_at_home`).
//! 4. **A page reads [`app::App`] and pushes [`app::Action`]s; only [`app::App::apply`] changes
//!    state.** A form edits a copy of the experiment and sends it back as an action too, so that
//!    undo and problems see every change (test `pages_only_read_the_application`).
//! 5. **Every run that started ends with exactly one [`train::EventKind::Ended`].** A panic in
//!    training becomes a failed run, never a dead window; therefore release builds unwind
//!    (tests `a_panic_in_the_model_becomes_a_failed_run`,
//!    `a_panic_in_training_leaves_the_application_alive`, `a_panic_unwinds_in_release_builds_too`).
//! 6. **The test split is read once**, after selection on validation; a stopped run that goes on
//!    reads it again and is marked for it (tests `the_test_split_is_read_once_after_selection`,
//!    `a_stopped_run_goes_on_and_forgets_its_test_figures_meanwhile`). The system's word to end is
//!    a pause, which leaves it alone (tests `a_run_left_at_any_moment_goes_on_to_the_same_numbers`,
//!    `sigterm_at_a_random_moment_pauses_and_going_on_gives_the_same_weights`).
//! 7. **Same experiment, data and CPU: the same numbers, bit for bit.** Every random choice draws
//!    from its own named seed, [`spec::derive_seed`]; going on after an interruption needs no
//!    generator's state, and equals never having been interrupted (`train/resume.rs`), with the
//!    changes that were made while it trained too (`train/steering.rs`)
//!    (tests `same_seed_same_numbers_and_another_seed_others`,
//!    `a_killed_run_is_resumed_to_the_same_numbers`,
//!    `an_extended_run_is_the_run_of_so_many_epochs`,
//!    `changes_are_made_at_their_steps_however_often_the_run_is_left`,
//!    `forks_and_changed_runs_that_are_killed_give_the_same_bits`).
//! 8. **A run on disk is complete without the program**: manifest and experiment as text, series as
//!    CSV, ranks of every user as Parquet, weights as safetensors with a table of which row is
//!    whose (test `a_finished_run_leaves_a_whole_folder`).
//! 9. **Old experiment files and old runs keep opening.** So far there is one version of each; what
//!    an older file leaves out is the `Default` of its spec. A newer one is refused with the cure
//!    (tests `old_files_keep_opening_with_the_same_meaning`, `a_frozen_old_run_keeps_opening`,
//!    `an_experiment_of_a_newer_version_is_refused`).
//! 10. **A user can never cause a panic.** Bad input gets one sentence that says the cure (tests
//!     `no_source_file_can_panic_by_choice`, `no_text_makes_the_reader_panic`,
//!     `bad_experiment_files_get_one_sentence`), whatever bytes a file holds (the tests of
//!     `tests/it/fuzz`).
//! 11. **Hidden ids stay hidden, and nothing goes out.** Where ids are pseudonyms, no true id is in
//!     a run, its log or an export, no sentence quotes a cell, whatever stands in it, and the key is
//!     nowhere, nor is one in a slice that is kept of such a run; nothing that is built in can reach
//!     a network (tests `where_ids_are_pseudonyms_no_true_id_is_taken_and_none_is_offered`,
//!     `no_true_id_is_on_disk_and_no_figure_changes`, `an_export_hides_what_a_run_does_not`,
//!     `nothing_that_a_log_says_is_quoted_where_ids_are_hidden`,
//!     `nothing_that_is_built_in_can_make_a_request`).
//! 12. **In pieces or as a whole, from its copy or anew: the same log**
//!     (tests `in_pieces_a_log_is_what_it_is_as_a_whole`, `a_copy_is_the_log_itself`,
//!     `a_log_is_opened_again_from_its_copy`).
//! 13. **A faster way gives the same numbers.** The processor's fused layers give what burn's give
//!     but for rounding, whatever the number of threads, and can be switched off, `training.fused`
//!     (tests `fused_gradients_are_those_of_autodiff`, `fused_layers_train_as_the_plain_ones_do`,
//!     `the_number_of_threads_changes_no_bit`).
//! 14. **A frame looks at what is in sight, not at all there is.** Long curves are painted by as
//!     many points as there are pixels, lists by their rows in sight, pictures are uploaded once
//!     and a few a frame; the points of a map are drawn a part a frame, while the last picture of
//!     them moves along; a list of runs reads no series, and a window at rest asks for no frame.
//!     Of the views of Explain only those in the layout are painted, and only they ask the model
//!     (tests `on_explain_a_question_waits_until_its_view_is_in_sight`,
//!     `a_million_points_are_painted_by_as_many_as_there_are_pixels`,
//!     `a_long_list_of_runs_paints_only_what_is_in_sight`,
//!     `a_long_timeline_paints_only_what_is_in_sight`,
//!     `many_maps_are_uploaded_a_few_a_frame_and_each_once`,
//!     `a_map_of_many_points_is_drawn_a_part_a_frame`, `the_list_reads_no_series`,
//!     `a_list_read_again_reads_only_what_has_changed`, `an_idle_window_asks_for_no_repaint`).
//! 15. **No question of a task knows more than its moment.** What is learnt of is answered before
//!     validation begins (tests `no_training_question_knows_what_is_held_out`,
//!     `whether_a_user_acts_is_asked_at_the_cuts_and_before_them_in_training`).
//!     Fine-tuning learns no held-out answer, whatever feedback says, and tells who has read held-out
//!     events (test `feedback_of_changed_tastes_helps_those_who_share_them_and_hurts_others_little`).
//! 16. **A target that cannot be in a list is a miss, whoever is asked.** Where seen items are left
//!     out (`evaluation.filter_seen`, [`metric::Seen`]), one of them counts nothing, for models and
//!     references, in figures, lists and timelines. Ties share their ranks evenly
//!     ([`metric::mid_rank`], and once more for blocks of scores in `model/kernel/mid_rank.rs`)
//!     (tests `a_seen_target_is_a_miss_where_seen_items_are_left_out`,
//!     `whoever_returns_is_missed_by_the_model_and_every_reference`).
//! 17. **A log is read as it is, or named with the cure**; what was supposed of it is told
//!     (test `logs_of_all_shapes_are_read_as_they_are`).
//! 18. **Sentences are made in English**, wherever they arise, and so kept in runs and files; only the
//!     window translates them, as it paints them (`ui/language.rs`), and what is of the data passes
//!     by: titles, ids, names of columns and runs (tests
//!     `every_page_speaks_chinese_once_it_is_switched`,
//!     `a_sentence_is_found_whatever_stands_in_it`).
//!
//! # Adding a model
//!
//! 1. `model/family/NAME.rs`: a spec struct with the paper's values as its `Default`, its settings
//!    listed once (name, range, help, source) with the `described!` macro, the burn module, and
//!    [`model::ModelFamily`] for the spec, which lists its layers (`model/layers.rs`) and is built
//!    from a [`model::Blueprint`]. A network that has a state after each event says so
//!    (`StateNetwork` in `model/outcome.rs`) and so can learn every task, by every loss
//!    (`model/loss`), told of the events' features (`model/features.rs`). One whose items enter as
//!    vectors says so too (`InputNetwork` in `model/attribution.rs`): its answers are then
//!    attributed to events by gradients.
//! 2. A line in [`model::ModelSpec`]. The compiler points at every `match` to fill; forms,
//!    `seqscope describe`, `--set` and the contract tests walk the list and need nothing.
//! 3. A preset as in its paper (`engine/experiment/preset.rs`), its numbers from the reference
//!    implementation under `tests/gold`, with the script that made them, and an example under
//!    `experiments`.
//! 4. Where its speed matters: the same gradients once more on plain slices, put together from the
//!    layers of `model/kernel` (as `model/family/transformer/fused.rs` does), and a test that holds
//!    them against the first. Without it the family trains by burn's layers on every device.
//!
//! A reference: `model/baseline/NAME.rs` with its `mod` line, a variant and its fitting in `kind.rs`,
//! its words in `about.rs`; one for another task lies in `baseline/task`.
//!
//! A sentence that the window shows goes through `tr`, and its Chinese into
//! `assets/language/zh.po`, with its holes numbered: `{1} of {2} users`.
//!
//! A file format, a cleaning step, a metric or a page is added in the same way: a file, a line in one
//! list, a test. What is in a list tells of itself as a [`spec::Entry`], and
//! [`catalogue::EntryList`] names the lists.
//!
//! # Words
//!
//! The code speaks the field's language. These words are the house's own, or narrower here:
//!
//! | word | what it means |
//! |---|---|
//! | event | one row of a log: a user, an item, usually a time, perhaps a behaviour and a value |
//! | behaviour | the kind of an event: view, cart, buy |
//! | role | what a column is for: user, item, time, … |
//! | history | the events of one user before a moment, in order of time |
//! | part | training, validation or test |
//! | cut | the moment at which a split in time ends a part |
//! | question | a history and a moment at which a model is asked what follows |
//! | target | the right answer to a question |
//! | answer | what a model or reference gives for a question, and the rank of the target in it |
//! | miss | a target that is in no list, and so has an infinite rank |
//! | reference | a classical method without training by gradients, fitted and judged beside a model; the module is `baseline` |
//! | world | a seeded generator of logs whose rules, and so whose best score, are known |
//! | experiment | all that is to be done: data, split, task, model, training, evaluation, seed |
//! | run | what happened when an experiment was carried out, kept in a folder |
//! | manifest | the file of a run that says what was done and what came out |
//! | family | a kind of model: Transformer, LSTM, Mult-VAE, … |
//! | blueprint | what a model is built for: items, features, outputs, loss |
//! | fused | written for the processor with its backward pass, beside the same layers in burn's tensors |
//! | queue | experiments that wait to be trained one after the other; its entries have numbers |
//! | slice | the questions that have a fact in common, such as short histories; the users of a rule |
//! | feedback | what people accepted and rejected of the lists of a run |
//! | lineage | the parent of a run that began with the weights of another: fine-tuned on feedback, or forked with changed settings |
//! | fork | a run that shares its parent's epochs up to one of them and goes on with changed settings |
//! | extension | epochs added to a run after its end |
//! | live change | a setting changed while a run trains, kept with it and made again at its step when it goes on |
//! | trial | a saved run of the same data, split, task and family, among which one may have been picked; of a sweep, one choice of its values |
//! | rung | the epochs after which successive halving drops the worse trials of a sweep |
//! | layout | the views of Explain that are shown at once, one to four, and how they share the page |
//! | scenario | edits of one user's history, after which a model is asked what it then says |
//! | verdict | what is said of a run at its end: which references are ahead |
//! | disagreement | of two runs on a user: the difference of how well they rank the test target |
//! | problem | a sentence with a cure, at the setting or line that it is about |
//! | audit | the search for what leaks from test into training |
//! | pseudonym | a keyed hash in the place of an id |

pub use seqscope_base::{language, manual, metric, spec};
pub use seqscope_commands as cli;
pub use seqscope_data as data;
pub use seqscope_engine::{
    bench, cards, catalogue, error, experiment, explain, figure, report, run, slice, sweep, train,
};
pub use seqscope_model::{self as model, baseline};
#[cfg(feature = "gui")]
pub use seqscope_window::{app, ui};
