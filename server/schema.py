"""All tables in one place, for migrations and tests: importing this module fills `metadata`."""

from server import leases, rate_limits
from server.audit import models as audit
from server.checkins import models as checkins
from server.complaints import models as complaints
from server.db import Base
from server.flags import models as flags
from server.leads import models as leads
from server.leaves import models as leaves
from server.notify import models as notify
from server.org import models as org
from server.photos import models as photos
from server.pushes import models as pushes
from server.spotchecks import models as spotchecks
from server.tally import models as tally

__all__ = [
    "audit",
    "checkins",
    "complaints",
    "flags",
    "leads",
    "leases",
    "leaves",
    "metadata",
    "notify",
    "org",
    "photos",
    "pushes",
    "rate_limits",
    "spotchecks",
    "tally",
]

metadata = Base.metadata
