//! Weights and optimiser state as safetensors files.
//!
//! A file holds one array a parameter, named by its path in the module (`blocks.0.query.weight`),
//! but for what [`Network::name_in_files`](super::network::Network::name_in_files) changes of it;
//! a state file holds the moments too, under `optimizer.first.…` and `optimizer.second.…`. Dense
//! weights are `[d_in, d_out]`: `x W + b`. One metadata entry, `seqscope`, names the family and the
//! number of optimiser steps.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::io::Write as _;
use std::path::Path;

use burn::module::{ModuleMapper, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::prelude::*;
use safetensors::tensor::{Dtype, SafeTensors, View};
use serde::{Deserialize, Serialize};

use super::ModelError;
use super::optimizer::{AdamMoments, AdamW};
use seqscope_base::spec::write_whole;

const FIRST: &str = "optimizer.first.";
const SECOND: &str = "optimizer.second.";

/// Contents of the metadata entry.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct WeightsStamp {
    /// Family, such as `transformer`.
    pub(super) kind: String,
    /// Optimiser steps done.
    pub(super) n_steps: u64,
}

/// Numbers with a shape.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Array {
    shape: Vec<usize>,
    values: Vec<f32>,
}

/// Arrays by name.
pub(super) type NamedArrays = BTreeMap<String, Array>;

/// One number as a tensor.
pub(super) fn scalar(value: f64, device: &Device) -> Tensor<1> {
    Tensor::from_data([value as f32], device)
}

/// Reads a tensor back from its device.
pub(super) fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, ModelError> {
    let failed = |error: String| ModelError::Compute {
        sentence: compute_sentence(&error),
    };
    let data = tensor
        .try_into_data()
        .map_err(|error| failed(format!("{error:?}")))?;
    data.try_into_vec::<f32>()
        .map_err(|error| failed(format!("{error:?}")))
}

/// The numbers of a parameter that lives on the processor, where reading cannot fail.
pub(super) fn on_host<const D: usize>(param: &Param<Tensor<D>>) -> Vec<f32> {
    param
        .val()
        .without_autodiff()
        .into_data()
        .try_into_vec()
        .unwrap_or_default()
}

/// Registers the gradient of a parameter that lives on the processor.
pub(super) fn register<const D: usize>(
    gradients: &mut GradientsParams,
    param: &Param<Tensor<D>>,
    values: Vec<f32>,
) {
    let weights = param.val().without_autodiff();
    let gradient =
        Tensor::<D>::from_data(TensorData::new(values, weights.shape()), &weights.device());
    gradients.register(param.id, gradient);
}

/// One sentence with its cure for whatever the device or burn reported.
pub(super) fn compute_sentence(report: &str) -> String {
    let lower = report.to_lowercase();
    let first_line = report.lines().next().unwrap_or_default().trim();
    if [
        "out of memory",
        "outofmemory",
        "not enough memory",
        "allocat",
        "buffertoobig",
        "too large",
    ]
    .iter()
    .any(|word| lower.contains(word))
    {
        format!(
            "the device ran out of memory ({first_line}); lower `training.batch_size` or the \
             model's window or widths, or train on the CPU with `--device cpu`"
        )
    } else if lower.contains("lost") || lower.contains("poison") {
        format!(
            "the connection to the GPU was lost ({first_line}); start the program again and resume \
             the run, or train on the CPU with `--device cpu`"
        )
    } else {
        format!(
            "the computation failed on the device ({first_line}); try again with `--device cpu`"
        )
    }
}

/// Name in files of the parameter at a path in its module.
pub(super) type NameInFiles = fn(&str) -> String;

/// Every parameter of a module, by name.
pub(super) fn collect<M: Module>(module: &M, name: NameInFiles) -> Result<NamedArrays, ModelError> {
    let mut collector = Collector {
        path: ModulePath::new(name),
        arrays: NamedArrays::new(),
        failed: None,
    };
    module.visit(&mut collector);
    collector.failed.map_or(Ok(collector.arrays), Err)
}

/// The moments of an optimiser for this module, by name with their prefixes.
pub(super) fn collect_moments<M: Module>(
    module: &M,
    optimizer: &AdamW,
    name: NameInFiles,
) -> Result<NamedArrays, ModelError> {
    let mut arrays = NamedArrays::new();
    for ((name, shape), moments) in shapes(module, name).into_iter().zip(&optimizer.moments) {
        let first = Array {
            shape: shape.clone(),
            values: read(moments.first.clone())?,
        };
        let second = Array {
            shape,
            values: read(moments.second.clone())?,
        };
        arrays.insert(format!("{FIRST}{name}"), first);
        arrays.insert(format!("{SECOND}{name}"), second);
    }
    Ok(arrays)
}

/// Names and shapes of a module's parameters, in visiting order.
fn shapes<M: Module>(module: &M, name: NameInFiles) -> Vec<(String, Vec<usize>)> {
    let mut collector = Shapes {
        path: ModulePath::new(name),
        found: Vec::new(),
    };
    module.visit(&mut collector);
    collector.found
}

/// Puts arrays into a module; the reason when one is missing, of another shape, or too many.
pub(super) fn apply<M: Module>(
    module: M,
    mut arrays: NamedArrays,
    device: &Device,
    name: NameInFiles,
) -> Result<M, String> {
    let wanted = shapes(&module, name);
    for (name, shape) in &wanted {
        match arrays.get(name) {
            None => return Err(format!("it has no `{name}`, so it is of another model")),
            Some(array) if array.shape != *shape => {
                return Err(format!(
                    "`{name}` is {:?} in it but {shape:?} here, so it is of a model with other \
                     sizes or another catalogue",
                    array.shape
                ));
            }
            Some(_) => {}
        }
    }
    if let Some(name) = arrays
        .keys()
        .find(|name| wanted.iter().all(|(wanted, _)| wanted != *name))
    {
        return Err(format!("it holds `{name}`, which this model does not have"));
    }
    Ok(module.map(&mut Applier {
        path: ModulePath::new(name),
        arrays: &mut arrays,
        device,
    }))
}

/// Splits the moments off a state file's arrays, in the module's visiting order.
pub(super) fn take_moments<M: Module>(
    module: &M,
    arrays: &mut NamedArrays,
    device: &Device,
    name: NameInFiles,
) -> Result<Vec<AdamMoments>, String> {
    let mut moments = Vec::new();
    for (name, shape) in shapes(module, name) {
        let mut take = |prefix: &str| match arrays.remove(&format!("{prefix}{name}")) {
            Some(array) if array.shape == shape => {
                let n = array.values.len();
                Ok(Tensor::<1>::from_data(
                    TensorData::new(array.values, [n]),
                    device,
                ))
            }
            _ => Err(format!(
                "it has no fitting `{prefix}{name}`, so it is no training state of this model"
            )),
        };
        moments.push(AdamMoments {
            first: take(FIRST)?,
            second: take(SECOND)?,
        });
    }
    Ok(moments)
}

/// Writes a file, whole or not at all.
pub(super) fn write(
    path: &Path,
    stamp: &WeightsStamp,
    arrays: &NamedArrays,
) -> Result<(), ModelError> {
    let failed = |reason: String| ModelError::Weights {
        path: path.to_owned(),
        reason,
    };
    let stamp = serde_json::to_string(stamp).map_err(|error| failed(error.to_string()))?;
    let metadata = HashMap::from([("seqscope".to_owned(), stamp)]);
    let bytes = safetensors::serialize(arrays, Some(metadata))
        .map_err(|error| failed(error.to_string()))?;
    write_whole(path, |file| file.write_all(&bytes)).map_err(|error: std::io::Error| {
        failed(format!(
            "it cannot be written: {error}; choose a folder that you may write to, with free space"
        ))
    })
}

/// Numbers in a file of weights that are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenWeights {
    /// Number of weights that are NaN or infinite.
    pub n: usize,
    /// Number of all weights.
    pub of: usize,
    /// The first array that holds one.
    pub array: String,
}

impl std::fmt::Display for BrokenWeights {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { n, of, array } = self;
        write!(
            f,
            "{n} of its {of} weights are NaN or infinite, the first of them in `{array}`"
        )
    }
}

/// Finds the weights in a file that are no numbers; `None` where all are, and where it cannot be
/// read, which whoever loads it tells.
#[must_use]
pub fn broken_weights(path: &Path) -> Option<BrokenWeights> {
    let bytes = std::fs::read(path).ok()?;
    let tensors = SafeTensors::deserialize(&bytes).ok()?;
    let (mut n, mut of, mut first) = (0, 0, None);
    for (name, view) in tensors
        .iter()
        .filter(|(_, view)| view.dtype() == Dtype::F32)
    {
        let values = view.data().as_chunks::<4>().0;
        let broken = values
            .iter()
            .filter(|bytes| !f32::from_le_bytes(**bytes).is_finite())
            .count();
        (n, of) = (n + broken, of + values.len());
        if broken > 0 && first.as_deref().is_none_or(|first: &str| name < first) {
            first = Some(name.to_owned());
        }
    }
    first.map(|array| BrokenWeights { n, of, array })
}

/// Reads a file of this family.
pub(super) fn read_file(
    path: &Path,
    kind: &str,
) -> Result<(WeightsStamp, NamedArrays), ModelError> {
    let failed = |reason: String| ModelError::Weights {
        path: path.to_owned(),
        reason,
    };
    let bytes =
        std::fs::read(path).map_err(|error| failed(format!("it cannot be read: {error}")))?;
    let broken = |error: String| {
        failed(format!(
            "it is no whole safetensors file ({error}); take another epoch's"
        ))
    };
    let (_, header) =
        SafeTensors::read_metadata(&bytes).map_err(|error| broken(error.to_string()))?;
    let stamp = header
        .metadata()
        .as_ref()
        .and_then(|entries| entries.get("seqscope"));
    let stamp: WeightsStamp = stamp
        .and_then(|text| serde_json::from_str(text).ok())
        .ok_or_else(|| failed("it was not written by Seqscope".to_owned()))?;
    if stamp.kind != kind {
        return Err(failed(format!(
            "it holds a {} but this model is a {kind}",
            stamp.kind
        )));
    }
    let tensors = SafeTensors::deserialize(&bytes).map_err(|error| broken(error.to_string()))?;
    let mut arrays = NamedArrays::new();
    for (name, view) in tensors.iter() {
        if view.dtype() != Dtype::F32 {
            return Err(failed(format!(
                "`{name}` holds {:?}, not 32-bit floats",
                view.dtype()
            )));
        }
        let values = view
            .data()
            .as_chunks::<4>()
            .0
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect();
        arrays.insert(
            name.to_owned(),
            Array {
                shape: view.shape().to_vec(),
                values,
            },
        );
    }
    Ok((stamp, arrays))
}

impl View for &Array {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Owned(
            self.values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
        )
    }
    fn data_len(&self) -> usize {
        self.values.len() * size_of::<f32>()
    }
}

/// Path of the parameter that is being visited.
pub(super) struct ModulePath {
    parts: Vec<String>,
    name: NameInFiles,
}

impl ModulePath {
    pub(super) fn new(name: NameInFiles) -> Self {
        Self {
            parts: Vec::new(),
            name,
        }
    }

    pub(super) fn enter(&mut self, part: &str) {
        self.parts.push(part.to_owned());
    }

    pub(super) fn exit(&mut self) {
        self.parts.pop();
    }

    pub(super) fn name(&self) -> String {
        (self.name)(&self.parts.join("."))
    }
}

struct Collector {
    path: ModulePath,
    arrays: NamedArrays,
    failed: Option<ModelError>,
}

impl ModuleVisitor for Collector {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.enter(name);
    }
    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = param.val();
        let shape = tensor.dims().to_vec();
        match read(tensor.without_autodiff()) {
            Ok(values) => {
                self.arrays
                    .insert(self.path.name(), Array { shape, values });
            }
            Err(error) => self.failed = Some(error),
        }
    }
}

struct Shapes {
    path: ModulePath,
    found: Vec<(String, Vec<usize>)>,
}

impl ModuleVisitor for Shapes {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.enter(name);
    }
    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.found
            .push((self.path.name(), param.val().dims().to_vec()));
    }
}

struct Applier<'a> {
    path: ModulePath,
    arrays: &'a mut NamedArrays,
    device: &'a Device,
}

impl ModuleMapper for Applier<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.enter(name);
    }
    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(array) = self.arrays.remove(&self.path.name()) else {
            return param;
        };
        let (id, _, mapper) = param.consume();
        let tensor = Tensor::from_data(TensorData::new(array.values, array.shape), self.device);
        Param::from_mapped_value(id, Tensor::from_inner(tensor).require_grad(), mapper)
    }
}
