"""What a signature binds, how it travels, and the words for refusing it. Pure: nothing is verified here.

A statement is signed as RFC 8785 JSON. Its exact bytes travel with the signature, so that nobody ever has to write
them anew to verify them, and an auditor needs nothing but OpenSSH.
"""

import hashlib
import json
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal, NoReturn, Self, TypeVar

from pydantic import Field, JsonValue, TypeAdapter, ValidationError, field_validator, model_validator

from unrack.model.base import Frozen, Moment, is_default
from unrack.model.evidence import Sha256
from unrack.model.message import msg
from unrack.model.people import Principal

NAMESPACE = "unrack-decision"
"""The namespace of every signature: what is signed for something else is no decision."""

MOST_SIGNED = 64_000
"""The most bytes of a signed statement."""

MOST_SIGNATURE = 4_000
"""The most characters of an armored signature; the largest that OpenSSH's usual keys make have 2,000."""

MOST_MANIFEST = 200_000
"""The most bytes of a signed manifest."""

MOST_ROWS = 2_500
"""The most decisions under one manifest."""

USUAL_LIFE = timedelta(days=1)
"""How long a signed statement can be sent, unless its signer says otherwise."""

LONGEST_LIFE = timedelta(days=7)

MOST_AHEAD = timedelta(minutes=10)
"""By how much the signer's clock may be ahead of the server's."""

Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$", max_length=71)]


class Refusal(StrEnum):
    """Why a decision does not count: a closed list, the same in answers, journal and exports."""

    UNSIGNED = "unsigned"
    ALTERED = "altered"
    """The signature is not one, or not over what was sent."""
    FOREIGN_RUN = "foreign-run"
    FOREIGN_PLAN = "foreign-plan"
    STALE = "stale"
    """Signed for a consent that changed since."""
    REPLAYED = "replayed"
    EXPIRED = "expired"
    AHEAD = "ahead"
    """Signed at a time that is still to come."""
    KEY_UNKNOWN = "key-unknown"
    KEY_REVOKED = "key-revoked"
    KEY_NOT_YET = "key-not-yet"
    KEY_EXPIRED = "key-expired"
    RIGHT_MISSING = "right-missing"
    DUTY = "duty"
    """Separation of duties."""
    SAME_PERSON = "same-person"
    NAMESPACE = "namespace"
    """Signed for something else than a decision."""
    FLOOD = "flood"


class SignatureRefused(ValueError):  # noqa: N818  # a judgement, not a mishap
    """A signature, or what it is over, was refused."""

    def __init__(self, refusal: Refusal, words: str) -> None:
        """`words` say to a person what is wrong."""
        super().__init__(words)
        self.refusal = refusal
        self.words = words


class _Signed(Frozen):
    signer: Principal
    at: Moment
    """When it was signed, by the signer's clock."""
    expires: Moment
    """From when on it is refused; at most `LONGEST_LIFE` after `at`."""

    @field_validator("at", "expires")
    @classmethod
    def _in_utc(cls, moment: datetime) -> datetime:
        if moment.utcoffset() != timedelta(0):
            raise ValueError(msg("the times of a statement are in UTC"))
        return moment

    @model_validator(mode="after")
    def _lives_a_while(self) -> Self:
        if not timedelta(0) < self.expires - self.at <= LONGEST_LIFE:
            raise ValueError(
                msg("it expires after it was signed, and at most {days} days later", days=LONGEST_LIFE.days)
            )
        return self

    def time_fault(self, now: datetime) -> Refusal | None:
        """What is wrong with its times at the server's time `now`; None: nothing."""
        if now >= self.expires:
            return Refusal.EXPIRED
        return Refusal.AHEAD if self.at - now > MOST_AHEAD else None


class Statement(_Signed):
    """A decision on a run, with everything that it is about."""

    unrack: Literal["decision/1"] = "decision/1"
    installation: Annotated[str, Field(min_length=1, max_length=200)]
    run: Annotated[str, Field(min_length=1, max_length=400)]
    execution: Annotated[str, Field(min_length=1, max_length=100)]
    """The run id of the first execution of the workflow: another run of the same service has another one."""
    plan: Digest
    revision: Annotated[int, Field(ge=1)]
    """The consent revision that the signer saw."""
    act: dict[str, JsonValue]
    """The decision as JSON, without its proof; see `act_of`."""


class LaunchStatement(_Signed):
    """The order to launch this very plan."""

    unrack: Literal["launch/1"] = "launch/1"
    installation: Annotated[str, Field(min_length=1, max_length=200)]
    run: Annotated[str, Field(min_length=1, max_length=400)]
    plan: Digest


class HoldAllStatement(_Signed):
    """The order to hold runs of the whole installation, or to release them."""

    unrack: Literal["hold-all/1"] = "hold-all/1"
    installation: Annotated[str, Field(min_length=1, max_length=200)]
    order: dict[str, JsonValue]
    """The order as JSON, without its proof; see `act_of`."""


class Manifest(_Signed):
    """Many statements under one signature: one touch of a key."""

    unrack: Literal["manifest/1"] = "manifest/1"
    rows: Annotated[tuple[Sha256, ...], Field(min_length=1, max_length=MOST_ROWS)]
    """SHA-256 of each statement's signed bytes, as ``sha256sum`` prints it."""


AnyStatement = Statement | LaunchStatement | HoldAllStatement
Signable = AnyStatement | Manifest

_STATEMENT: TypeAdapter[AnyStatement] = TypeAdapter(Annotated[AnyStatement, Field(discriminator="unrack")])
_MANIFEST = TypeAdapter(Manifest)
_T = TypeVar("_T")


class Proof(Frozen):
    """A signature with exactly what it is over. It proves nothing until somebody verified it."""

    signed: Annotated[str, Field(min_length=2, max_length=MOST_SIGNED)]
    """The statement's text; its UTF-8 bytes are what was signed."""
    signature: Annotated[str, Field(min_length=1, max_length=MOST_SIGNATURE, pattern=r"^[\n -~]+$")]
    """An armored SSH signature (SSHSIG)."""
    manifest: Annotated[str, Field(min_length=2, max_length=MOST_MANIFEST)] | None = Field(
        default=None, exclude_if=is_default
    )
    """The manifest's text, when that is what was signed; `signed` is then one of its rows."""

    @field_validator("signed")
    @classmethod
    def _signed_fits(cls, text: str) -> str:
        return _within(text, MOST_SIGNED)

    @field_validator("manifest")
    @classmethod
    def _manifest_fits(cls, text: str | None) -> str | None:
        return text if text is None else _within(text, MOST_MANIFEST)

    @property
    def message(self) -> bytes:
        """The bytes that the signature is over."""
        return (self.signed if self.manifest is None else self.manifest).encode()


class KeyKind(StrEnum):
    """What somebody signed with."""

    KEY = "key"
    """An SSH key: in a file, in an agent, or in a hardware key."""
    CERTIFICATE = "certificate"
    """An SSH key with a certificate of an authority."""
    PASSKEY = "passkey"
    """A passkey of a browser, used with user verification."""


class Vouching(Frozen):
    """What an authority's certificate says about a key. Whether the authority counts, the policy judges."""

    authority: str
    """Fingerprint of the authority's key."""
    principals: tuple[str, ...]
    """Whom the key is of. None named: it is of nobody."""
    valid_after: Moment | None
    """The first moment of its validity; None: always."""
    valid_before: Moment | None
    """The first moment after it; None: never."""


class Verified(Frozen):
    """A genuine signature: who has this key signed these bytes. Whose the key is, the policy says."""

    fingerprint: str
    """``SHA256:…`` of the key, as OpenSSH prints it; of a certificate, of the key that it is for."""
    key: str
    """``<type> <base64>``, as in OpenSSH's public key files."""
    kind: KeyKind
    certificate: Vouching | None = None


class Read(Frozen):
    """What a proof says, read strictly."""

    statement: AnyStatement
    manifest: Manifest | None = None

    def time_fault(self, now: datetime) -> Refusal | None:
        """What is wrong with the times of the statement, or of its manifest, at the server's time `now`."""
        return self.statement.time_fault(now) or (self.manifest.time_fault(now) if self.manifest else None)

    def untimely(self, now: datetime) -> SignatureRefused | None:
        """The same, in words; None: nothing."""
        match self.time_fault(now):
            case Refusal.EXPIRED:
                until = f"{self.expires:%Y-%m-%d %H:%M %Z}"
                return SignatureRefused(Refusal.EXPIRED, msg("it could be sent until {until}", until=until))
            case Refusal.AHEAD:
                signed = f"{self.statement.at:%Y-%m-%d %H:%M %Z}"
                words = msg(
                    "it says that it was signed at {signed}, which is still to come: set that clock", signed=signed
                )
                return SignatureRefused(Refusal.AHEAD, words)
            case _:
                return None

    @property
    def expires(self) -> datetime:
        """From when on it is refused."""
        return self.statement.expires if self.manifest is None else min(self.statement.expires, self.manifest.expires)


def act_of(decision: Frozen) -> dict[str, JsonValue]:
    """A decision or an order as the JSON that is signed: everything but its proof."""
    return decision.model_dump(mode="json", exclude={"proof"})


def same_act(one: dict[str, JsonValue], other: dict[str, JsonValue]) -> bool:
    """Whether two acts are the same JSON; ``1``, ``1.0`` and ``true`` are three things."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def row_of(signed: bytes) -> str:
    """The digest under which a manifest lists a statement: 64 hexadecimal digits, as ``sha256sum`` prints them."""
    return hashlib.sha256(signed).hexdigest()


def read_proof(proof: Proof) -> Read:
    """What `proof` says, before anybody verifies its signature.

    Raises:
        SignatureRefused: it is not strict JSON of a statement, or the manifest does not list it or is of somebody else.
    """
    statement = read_statement(proof.signed.encode())
    if proof.manifest is None:
        return Read(statement=statement)
    manifest = read_manifest(proof.manifest.encode())
    if row_of(proof.signed.encode()) not in manifest.rows:
        raise SignatureRefused(Refusal.ALTERED, msg("the signed manifest does not list this decision"))
    if manifest.signer != statement.signer:
        raise SignatureRefused(Refusal.ALTERED, msg("the signed manifest and this decision name different signers"))
    return Read(statement=statement, manifest=manifest)


def read_statement(signed: bytes) -> AnyStatement:
    """The statement in these signed bytes.

    Raises:
        SignatureRefused: too large, no strict JSON, or no statement.
    """
    return _read(_STATEMENT, signed, MOST_SIGNED)


def read_manifest(signed: bytes) -> Manifest:
    """The manifest in these signed bytes; raises as `read_statement` does."""
    return _read(_MANIFEST, signed, MOST_MANIFEST)


def _read(kind: TypeAdapter[_T], signed: bytes, most: int) -> _T:
    _check_json(signed, most)
    try:
        return kind.validate_json(signed, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "statement"
        raise _altered(msg("{where}: {why}", where=where[:100], why=first["msg"][:200])) from None


def _check_json(signed: bytes, most: int) -> None:
    """Refuse what two readers of JSON could understand differently."""
    if len(signed) > most:
        raise _altered(msg("it has {size} bytes, and at most {most} are read", size=len(signed), most=most))
    try:
        content: JsonValue = json.loads(
            signed.decode(), object_pairs_hook=_once_each, parse_constant=_no_number, parse_float=_finite
        )
        json.dumps(content, ensure_ascii=False).encode()  # half a character, written as \ud800, is no text
    except ValueError as error:
        raise _altered(error.args[0] if type(error) is ValueError else str(error)[:200]) from None
    except RecursionError:
        raise _altered(msg("it is nested too deeply")) from None


def _once_each(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError(msg("a name stands twice in one object"))
    return content


def _no_number(word: str) -> NoReturn:
    raise ValueError(msg("{word} is no number of JSON", word=word))


def _finite(text: str) -> float:
    number = float(text)
    if number - number != 0:
        raise ValueError(msg("a number is too large"))
    return number


def _altered(why: str) -> SignatureRefused:
    return SignatureRefused(Refusal.ALTERED, msg("what was signed is no statement of Unrack: {why}", why=why))


def _within(text: str, most: int) -> str:
    if len(text.encode()) > most:
        raise ValueError(msg("it has more than {most} bytes", most=most))
    return text
