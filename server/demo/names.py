"""Invented people: common surnames with common given names, no two people alike."""

import random
from collections.abc import Iterator

_SURNAMES = list("陈林黄周吴徐孙胡朱高郭何罗宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪")
_GIVEN = """
建华 志强 晓东 海燕 文斌 丽娟 国栋 雪梅 永刚 春燕 俊杰 秀英 浩然 玉兰 立新 桂芳 明辉 静怡 卫东 佳慧 振宇 淑珍 德胜 思远
红霞 少华 美玲 学军 雨桐 宏伟 翠萍 子轩 月华 长江 小琴 耀文 冬梅 泽宇 亚男 家豪 金凤 兆丰 慧敏 世杰 晓燕 启明 素芬 广平
敏 涛 娜 磊 静 勇 倩 鹏 芳 超 琳 峰 颖 斌 洁 凯
"""


def invented(seed: object) -> Iterator[str]:
    """Names, 3 000 or so, each once; a given name comes again only when all have had their turn."""
    rng, surnames, given = random.Random(str(seed)), _SURNAMES.copy(), _GIVEN.split()
    rng.shuffle(surnames)
    rng.shuffle(given)
    for turn in range(len(surnames)):
        for i, name in enumerate(given):
            yield surnames[(i + turn) % len(surnames)] + name
