"""Invented people: common surnames with common given names, no two people alike."""

import random
from collections.abc import Iterator

_SURNAMES = "陈林黄周吴徐孙胡朱高郭何罗宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪"
_GIVEN = (
    "建华 志强 晓东 海燕 文斌 丽娟 国栋 雪梅 永刚 春燕 俊杰 秀英 浩然 玉兰 立新 桂芳 明辉 静怡 卫东 佳慧 "
    "振宇 淑珍 德胜 思远 红霞 少华 美玲 学军 雨桐 宏伟 翠萍 子轩 月华 长江 小琴 耀文 冬梅 泽民 亚男 家豪 "
    "敏 涛 娜 磊 静 勇 倩 鹏 芳 超 琳 峰 颖 斌 洁 凯"
).split()


def invented(seed: object) -> Iterator[str]:
    """Names without end to speak of (some 2 800), each once; the same seed gives the same order."""
    everybody = [surname + given for surname in _SURNAMES for given in _GIVEN]
    random.Random(str(seed)).shuffle(everybody)
    yield from everybody
