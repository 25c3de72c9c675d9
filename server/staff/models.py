"""Staff accounts, their login links and sessions, and what they did."""

from tortoise import fields
from tortoise.models import Model

ROLES = ("sales", "editor", "admin")


class StaffUser(Model):
    """A colleague; the role says which rooms of the desk are theirs."""

    id = fields.IntField(primary_key=True)
    email = fields.CharField(254, unique=True)
    name = fields.CharField(120)
    role = fields.CharField(10)
    language = fields.CharField(2)
    created_at = fields.DatetimeField()
    disabled_at = fields.DatetimeField(null=True)
    invented_at = fields.DatetimeField(null=True)

    class Meta:
        table = "staff_user"

    @property
    def shown_name(self) -> str:
        return self.name or self.email.partition("@")[0]

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.shown_name.split())[:2].upper()

    def may(self, role: str) -> bool:
        """Sales and editors each have their rooms; an admin has all."""
        return self.role == "admin" or self.role == role


class LoginLink(Model):
    """A link that logs in once; only the hash of its secret is kept."""

    id = fields.IntField(primary_key=True)
    user: fields.ForeignKeyRelation[StaffUser] = fields.ForeignKeyField("staff.StaffUser", "links")
    user_id: int
    secret_hash = fields.CharField(64, unique=True)
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "login_link"


class StaffSession(Model):
    """A logged-in browser; the cookie holds a secret of which this is the hash."""

    id = fields.IntField(primary_key=True)
    user: fields.ForeignKeyRelation[StaffUser] = fields.ForeignKeyField(
        "staff.StaffUser", "sessions"
    )
    user_id: int
    secret_hash = fields.CharField(64, unique=True)
    csrf = fields.CharField(43)
    created_at = fields.DatetimeField()
    seen_at = fields.DatetimeField()

    class Meta:
        table = "staff_session"


class AuditEntry(Model):
    """Who did what, when; never an address of a lead."""

    id = fields.IntField(primary_key=True)
    at = fields.DatetimeField()
    staff_id = fields.IntField(null=True)
    action = fields.CharField(40)
    detail = fields.CharField(300, default="")

    class Meta:
        table = "audit_entry"


class ApiToken(Model):
    """The key of a machine; only the hash of its secret is kept. `scopes`: words between spaces."""

    id = fields.IntField(primary_key=True)
    name = fields.CharField(80)
    secret_hash = fields.CharField(64, unique=True)
    scopes = fields.CharField(200)
    made_by: fields.ForeignKeyNullableRelation[StaffUser] = fields.ForeignKeyField(
        "staff.StaffUser", "tokens", null=True, on_delete=fields.SET_NULL
    )
    made_by_id: int | None
    made_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "api_token"

    def may(self, scope: str) -> bool:
        """It was made for this; an empty scope is for every token."""
        return not scope or scope in self.scopes.split()
