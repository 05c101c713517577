"""Why a person rejects a check-in: a code to count by, in words, and the sentence that it suggests to the reviewer."""

from dataclasses import dataclass

from server.checkins.models import REJECTION_CODES


@dataclass(frozen=True, slots=True)
class Ground:
    """`word`: as the reviewer chooses it. `sentence`: what the member reads, unless the reviewer writes another."""

    word: str
    sentence: str


GROUNDS: dict[str, Ground] = {
    "not_the_person": Ground("照片中不是本人", "照片里看不出是您本人，这次没有通过。若有出入，可以申诉。"),
    "not_there": Ground("位置或场景不在驻点", "照片或位置看不出在驻点，这次没有通过。若当时在外走访，可以申诉说明。"),
    "reused_photo": Ground(
        "用了以前的或他人的照片", "照片与以前的或他人的一张相同，这次没有通过。请以后当场拍摄；若有出入，可以申诉。"
    ),
    "screen_or_edited": Ground(
        "翻拍屏幕或修改过的照片", "照片像是翻拍屏幕或修改过，这次没有通过。若有出入，可以申诉。"
    ),
    "unreadable": Ground("照片看不清", "照片看不清，认不出人和地点，这次没有通过。请在光线好的地方重新拍一张。"),
    "other": Ground("其他", ""),
}
assert tuple(GROUNDS) == REJECTION_CODES  # noqa: S101 - the database knows the same codes
