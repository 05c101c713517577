"""Twenty real cities and a district in each where a squad could live: public coordinates, WGS-84, to four decimals. The
names on a map without tiles, and where the demo county's squads stay."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class City:
    """Degrees of a district's centre; `dialling` is the city's area code."""

    name: str
    district: str
    lat: float
    lng: float
    dialling: str


CITIES = (
    City("上海", "闵行区", 31.1128, 121.3817, "021"),
    City("深圳", "南山区", 22.5333, 113.9304, "0755"),
    City("苏州", "吴中区", 31.2640, 120.6320, "0512"),
    City("杭州", "滨江区", 30.2084, 120.2119, "0571"),
    City("广州", "黄埔区", 23.1066, 113.4597, "020"),
    City("北京", "朝阳区", 39.9219, 116.4435, "010"),
    City("宁波", "鄞州区", 29.8167, 121.5466, "0574"),
    City("南京", "江宁区", 31.9522, 118.8399, "025"),
    City("无锡", "滨湖区", 31.5276, 120.2838, "0510"),
    City("合肥", "蜀山区", 31.8512, 117.2605, "0551"),
    City("武汉", "洪山区", 30.5004, 114.3437, "027"),
    City("长沙", "岳麓区", 28.2353, 112.9313, "0731"),
    City("成都", "武侯区", 30.6419, 104.0431, "028"),
    City("重庆", "渝北区", 29.7182, 106.6312, "023"),
    City("青岛", "崂山区", 36.1074, 120.4685, "0532"),
    City("厦门", "湖里区", 24.5127, 118.1466, "0592"),
    City("福州", "仓山区", 26.0467, 119.2735, "0591"),
    City("郑州", "金水区", 34.8003, 113.6607, "0371"),
    City("天津", "西青区", 39.1410, 117.0085, "022"),
    City("济南", "历下区", 36.6665, 117.0768, "0531"),
)
