"""The curves of NIST on which SSH has keys: whether a point lies on one. Pure arithmetic, some microseconds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Curve:
    """All points with ``y² = x³ - 3x + constant``, counted modulo `prime` (SP 800-186, 3.2.1)."""

    prime: int
    constant: int

    @property
    def point_bytes(self) -> int:
        """Bytes of a point as SSH writes it (RFC 5656, 3.1): a sign, then x and y in full."""
        return 1 + 2 * self._half

    def has(self, point: bytes) -> bool:
        """Whether `point`, without its sign, lies on the curve."""
        x, y = int.from_bytes(point[: self._half]), int.from_bytes(point[self._half :])
        return max(x, y) < self.prime and (y * y - x * (x * x - 3) - self.constant) % self.prime == 0

    @property
    def _half(self) -> int:
        return (self.prime.bit_length() + 7) // 8


CURVES = {
    "nistp256": Curve(
        2**256 - 2**224 + 2**192 + 2**96 - 1,
        0x5AC635D8_AA3A93E7_B3EBBD55_769886BC_651D06B0_CC53B0F6_3BCE3C3E_27D2604B,
    ),
    "nistp384": Curve(
        2**384 - 2**128 - 2**96 + 2**32 - 1,
        0xB3312FA7_E23EE7E4_988E056B_E3F82D19_181D9C6E_FE814112_0314088F_5013875A_C656398D_8A2ED19D_2A85C8ED_D3EC2AEF,
    ),
    "nistp521": Curve(
        2**521 - 1,
        0x0051_953EB961_8E1C9A1F_929A21A0_B68540EE_A2DA725B_99B315F3_B8B48991_8EF109E1_56193951_EC7E937B_1652C0BD_3BB1BF07_3573DF88_3D2C34F1_EF451FD4_6B503F00,
    ),
}
