"""What Alerts, Providers and Receivers refer to.

Alert -> Provider and -> Secret can break something (alerts are lost); what an Alert watches and a
Receiver triggers cannot.
"""

from __future__ import annotations

from typing import Final

from mirror.flux.field_rules import Rules, Scope, account, named, secret
from mirror.flux.kinds import NOTIFICATION_GROUP
from mirror.keys import GroupKind
from mirror.records import Relation

__all__ = ["NOTIFICATION_RULES"]

_PROVIDER: Final = GroupKind(NOTIFICATION_GROUP, "Provider")

NOTIFICATION_RULES: Final[dict[GroupKind, Rules]] = {
    GroupKind(NOTIFICATION_GROUP, "Alert"): (
        named(Relation.CONFIG, "spec.providerRef", _PROVIDER, Scope.OWN),
        named(Relation.NOTIFY, "spec.eventSources[]"),
    ),
    _PROVIDER: (
        secret("spec.secretRef"),
        secret("spec.certSecretRef"),
        secret("spec.proxySecretRef"),
        account(),
    ),
    GroupKind(NOTIFICATION_GROUP, "Receiver"): (
        secret("spec.secretRef"),
        named(Relation.TRIGGER, "spec.resources[]"),
    ),
}
"""By group and kind. Sources and resources named `*` select and give no edge."""
