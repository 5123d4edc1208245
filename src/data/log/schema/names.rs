//! The names that columns have in public logs, English and Chinese.
//!
//! All as [`super::normal`] writes them: small letters, no blanks, no punctuation.

use crate::log::Role;

const USER: &str = "userid user uid customerid customer visitorid visitor clientid client memberid \
                    member accountid account buyerid buyer reviewerid playerid player \
                    fullvisitorid personid person deviceid caseconceptname 用户id 用户 用户编号 用户名 会员id \
                    会员 会员编号 顾客id 顾客 客户id 客户 客户编号 买家id 买家 sessionid session sessid visitid 会话id 会话";

/// Names among the user's that are a session's.
const SESSION: &str = "sessionid session sessid visitid 会话id 会话";

const ITEM: &str = "itemid item iid productid product movieid movie parentasin asin sku skuid \
                    poiid poi venueid venue locationid articleid article songid song trackid track \
                    bookid book isbn videoid video goodsid goods gameid game newsid contentid \
                    pageid page pagelocation pageurl pagepath url stockcode artistid artist \
                    businessid restaurantid recipeid appid aid 商品id 商品 商品编号 物品id 物品 产品id 产品 电影id \
                    电影 视频id 视频 文章id 文章 宝贝id 歌曲id 歌曲 书籍id 地点id 地点 项目id";

const TIME: &str = "timestamp time ts datetime eventtime eventtimestamp timestampms unixreviewtime \
                    unixtime date eventdate createdat created purchasedate orderdate invoicedate \
                    reviewtime visittime clicktime actiontime ratingtimestamp utctime timems \
                    timestampsec timestampseconds tsms unixtimestamp epoch epochms epochtime \
                    eventat occurredat createtime createdtime creationtime createdate createddate \
                    creationdate transactiontime transactiondate saledate saletime checkintime \
                    checkindate ratingtime ratingdate reviewdate viewedat watchedat listenedat \
                    playedat servertime servertimepretty servertimestamp requesttime logtime \
                    timelocal dateadded addedat postedat tdat starttime startdate starttimestamp \
                    day minutes minute seconds 时间戳 时间 日期 行为时间 下单时间 购买时间 点击时间 交易时间 访问时间 创建时间";

const BEHAVIOUR: &str = "behavior behaviour behaviortype behaviourtype event eventtype eventname \
                         action actiontype interaction interactiontype type activity activityname \
                         conceptname 行为 行为类型 事件 事件类型 操作 操作类型 动作";

const VALUE: &str = "rating ratings score stars overall value amount price dollarvalue revenue \
                     spend quantity qty weight dwell dwelltime duration watchtime playcount plays \
                     评分 打分 金额 消费金额 价格 售价 单价 数量 时长";

const LATITUDE: &str =
    "latitude lat venuelatitude poilatitude checkinlatitude gpslat gpslatitude 纬度";

const LONGITUDE: &str = "longitude lon lng long venuelongitude poilongitude checkinlongitude \
                         gpslon gpslng gpslongitude 经度";

/// How surely a name is that of a role's column: 0 is the surest, `None` is not known.
pub(super) fn rank(role: Role, normal: &str) -> Option<usize> {
    let names = match role {
        Role::User => USER,
        Role::Item => ITEM,
        Role::Time => TIME,
        Role::Behaviour => BEHAVIOUR,
        Role::Value => VALUE,
        Role::Session => SESSION,
        Role::Latitude => LATITUDE,
        Role::Longitude => LONGITUDE,
        // Only a time that holds days alone has one beside it.
        Role::Clock => "",
    };
    names.split_whitespace().position(|known| known == normal)
}

/// Whether a name is a session's.
pub(super) fn is_session(normal: &str) -> bool {
    SESSION.split_whitespace().any(|known| known == normal)
}

/// Whether a name may be that of ids; a title's or a count's may not.
pub(super) fn may_be_id(normal: &str) -> bool {
    !NOT_AN_ID
        .split_whitespace()
        .any(|word| normal.contains(word))
}

/// Whether a name that ends in `time` is that of a span, such as `watchtime`.
pub(super) fn is_span(normal: &str) -> bool {
    const SPANS: &str =
        "watch play dwell spent duration elapsed response load wait total lead life";
    SPANS.split(' ').any(|word| normal.contains(word))
}

/// Words that tell a column to be about a user or item, but not its id.
const NOT_AN_ID: &str = "name title category type brand count num age gender agent 名 类 品牌 数";

/// Whether a name that is not a known one has a role's word in it (`buyer_user_id`, `sas_item`).
pub(super) fn has_root(role: Role, normal: &str) -> bool {
    match role {
        Role::User => {
            holds_any(normal, "user customer visitor member 用户 会员 顾客 客户")
                && !holds_any(normal, NOT_AN_ID)
        }
        Role::Item => {
            holds_any(normal, "item product movie sku goods 商品 物品 产品 电影")
                && !holds_any(normal, NOT_AN_ID)
        }
        Role::Time => holds_any(normal, "timestamp datetime 时间 日期"),
        Role::Behaviour
        | Role::Value
        | Role::Session
        | Role::Latitude
        | Role::Longitude
        | Role::Clock => false,
    }
}

/// Tells whether a name holds one of some words.
fn holds_any(normal: &str, words: &str) -> bool {
    words.split_whitespace().any(|word| normal.contains(word))
}
