"""What the demonstration's members write, in Chinese and English."""

from __future__ import annotations

import random

from domain.community.tables import PostKind

_PLACES = (
    "崇明岛",
    "千岛湖",
    "阿那亚",
    "川西",
    "南昆山",
    "莫干山",
    "黄山",
    "青海湖",
    "Moganshan",
    "the coast road",
)
_SEASONS = ("零下十度", "三十五度的高温", "下雨天", "早高峰", "高速上", "山路上")
_CARS = {
    "aurora-s7": "极光 S7", "tern-e5": "燕鸥 E5", "kestrel-m3": "Kestrel M3",
}  # fmt: skip

_MOMENTS = (
    "今天{season}跑了一圈,表显续航还剩 {n} 公里,比想象中好。",
    "周末去了{place},{car} 的后备箱刚好放下两顶帐篷。",
    "刚升级完系统,语音终于能听懂我的普通话了。大家升了吗?",
    "洗完车心情都好了,{car} 的颜色在夕阳下真好看。",
    "Drove {n} km to {place} today. The seats of the {car} are better than my sofa.",
    "Software update installed overnight, lane keeping feels calmer now. Anyone else?",
    "地库充电桩终于装好了,从申请到通电一共 {n} 天,分享给还在等的朋友。",
    "带爸妈去{place},他们说后排比以前的车舒服多了。",
)
_QUESTIONS = (
    ("{season}续航大概打几折?", "刚提 {car},想知道大家在{season}实际能跑多少公里,平时开空调 24 度。"),
    ("胎压报警但看起来正常", "仪表提示左后轮胎压低,打到 2.5 又报,是传感器的问题吗?去门店要多久?"),
    ("Which home charger would you pick?", "Our garage has 7 kW only. Is 11 kW worth the wait for {car}?"),
    ("哨兵模式一晚上耗多少电?", "停在小区露天,开了一晚上掉了 {n} 公里,正常吗?"),
    ("Roof box for {car}?", "Looking for a roof box that does not whistle above 110 km/h. Any hints?"),
    ("去{place}沿途充电方便吗?", "计划国庆自驾,两个大人两个孩子,求一份充电攻略。"),
    ("保养周期怎么看?", "App 里显示还有 {n} 天,但是里程已经超过 2 万,需要提前去吗?"),
)
_LOGS = (
    (
        "{place}两日自驾",
        "第一天 {n} 公里,平均能耗 15.8,服务区充电 22 分钟刚好吃完饭。第二天走山路,能量回收给力。",
    ),
    (
        "Two days to {place}",
        "{n} km, 16.1 kWh/100 km, one stop of 25 minutes. Rain on the way back, wipers did well.",
    ),
    ("一个人的{place}", "早上五点出发,日出的时候刚好到。全程 {n} 公里,音响陪了我一路。"),
)
_DELIVERIES = (
    (
        "提车作业:我的 {car}",
        "等了 {n} 天终于提到了!顾问讲解了一个小时,后排小桌板孩子特别喜欢。优点:安静、空间大;缺点:脚垫还没到。",
    ),
    (
        "Picked up my {car}",
        "After {n} days of waiting it is here. Delivery took 45 minutes, everything was ready. Photos follow.",
    ),
)
_ARTICLES = (
    (
        "冬季用车十条经验",
        "一、出发前在 App 里预热电池;二、座椅加热比空调省电;三、胎压冬天会低,每月看一次;四、长途留 {n} 公里余量……",
    ),
    (
        "How I plan long trips",
        "I aim for 20 to 80 percent, stop every two hours, and keep {n} km in reserve. My checklist follows.",
    ),
)
ANNOUNCEMENTS = (
    ("OTA 3.2 推送说明", "本次更新优化了泊车与语音,分批推送,预计两周内完成。"),
    ("冬季免费检测周", "本月每周末,到店可免费检测电池与轮胎,请提前在 App 预约。"),
    ("Owners' day: thank you", "More than 300 of you came. Pictures are in the album, the recap is below."),
    ("新门店开业", "杭州门店本周六开业,欢迎来喝咖啡、试驾新车。"),
    ("充电权益调整说明", "自下月起,家充桩用户的公共充电权益按季度发放。"),
    ("OTA 3.1 推送说明", "新增露营模式定时与后排儿童锁提醒。"),
    ("积分商城上新", "帐篷、露营灯和联名周边已上架,用积分即可兑换。"),
    ("Community rules, updated", "Be kind, stay on topic, no plates and no phone numbers in pictures."),
    ("夏季空调滤芯更换", "到店更换享受会员价,工时免费。"),
    ("首届车主摄影赛", "以“路上”为题,三张以内,月底截止。"),
)  # fmt: skip
_COMMENTS = (
    "太实用了,收藏!", "我也遇到过,重启一下就好。", "求同款露营灯链接", "这个颜色真好看", "请问是几座的?", "数据很真实,赞",
    "Same here, 15.5 on average.", "Great pictures!", "Thanks for sharing.", "门店的师傅很耐心,推荐。", "下次一起啊",
    "续航我这边少一点,可能是载人多。", "羡慕,我还在等车。", "Did the update change the sound as well?", "已预约,谢谢提醒。",
)  # fmt: skip
_ANSWERS = (
    "我的经验是打八折左右,高速会更低一些,提前预热电池能好不少。",
    "先去附近门店做个检测,App 里预约,我上次半小时就弄好了,免费。",
    "11 kW is worth it if you drive every day; 7 kW fills it overnight anyway.",
    "正常的,关掉哨兵只留震动报警,一晚上只掉两三公里。",
    "On that route there are chargers every 60 km; the one at the second service area is the fastest.",
    "以里程和时间先到者为准,建议提前一周约。",
)
_REPLIES = (
    "谢谢!",
    "明白了,周末试试。",
    "Thanks, that helped.",
    "已解决,感谢大家。",
    "好的,我也去约一个。",
    "Will do!",
)
_TAGS = {
    PostKind.MOMENT: ("日常", "用车生活", "weekend"),
    PostKind.QUESTION: ("求助", "充电", "续航"),
    PostKind.DRIVE_LOG: ("自驾", "roadtrip"),
    PostKind.DELIVERY: ("提车作业",),
    PostKind.ARTICLE: ("经验", "howto"),
}


def post(dice: random.Random, kind: PostKind, slug: str) -> tuple[str | None, str]:
    """A title (None for a moment) and a text."""
    if kind is PostKind.MOMENT:
        return None, _filled(dice, slug, dice.choice(_MOMENTS))[0]
    pool = {
        PostKind.QUESTION: _QUESTIONS,
        PostKind.DRIVE_LOG: _LOGS,
        PostKind.DELIVERY: _DELIVERIES,
        PostKind.ARTICLE: _ARTICLES,
    }[kind]
    title, body = _filled(dice, slug, *dice.choice(pool))
    return title, body


def hashtags(dice: random.Random, kind: PostKind) -> tuple[str, ...]:
    """Some of the hashtags that fit the kind."""
    return tuple(dice.sample(_TAGS[kind], dice.randint(0, len(_TAGS[kind]))))


def comment(dice: random.Random) -> str:
    return dice.choice(_COMMENTS)


def answer(dice: random.Random) -> str:
    return dice.choice(_ANSWERS)


def reply(dice: random.Random) -> str:
    return dice.choice(_REPLIES)


def _filled(dice: random.Random, slug: str, *templates: str) -> list[str]:
    facts = {
        "place": dice.choice(_PLACES),
        "season": dice.choice(_SEASONS),
        "car": _CARS.get(slug) or dice.choice(list(_CARS.values())),
        "n": dice.randint(20, 520),
    }
    return [template.format(**facts) for template in templates]
