"""The normal distribution function and its inverse, without scipy.

Source: Moshier's Cephes (https://www.netlib.org/cephes, ndtr.c and ndtri.c), as in scipy.special.
"""

from __future__ import annotations

import math

import numpy as np

from picklejar.inert.reading.state import Floats

ROOT_OF_HALF = math.sqrt(0.5)
ROOT_OF_TWO_PI = 2.50662827463100050242
EDGE = 0.13533528323661269189  # exp(-2)

# fmt: off
# Coefficients of rational functions, the highest power first: of the middle, and of the tails nearer and farther out.
P0 = (-59.9633501014107895267, 98.0010754185999661536, -56.6762857469070293439, 13.9312609387279679503,
      -1.23916583867381258016)
Q0 = (1.0, 1.95448858338141759834, 4.67627912898881538453, 86.3602421390890590575, -225.462687854119370527,
      200.260212380060660359, -82.0372256168333339912, 15.9056225126211695515, -1.18331621121330003142)
P1 = (4.05544892305962419923, 31.5251094599893866154, 57.1628192246421288162, 44.0805073893200834700,
      14.6849561928858024014, 2.18663306850790267539, -0.140256079171354495875, -0.0350424626827848203418,
      -8.57456785154685413611e-4)
Q1 = (1.0, 15.7799883256466749731, 45.3907635128879210584, 41.3172038254672030440, 15.0425385692907503408,
      2.50464946208309415979, -0.142182922854787788574, -0.0380806407691578277194, -9.33259480895457427372e-4)
P2 = (3.23774891776946035970, 6.91522889068984211695, 3.93881025292474443415, 1.33303460815807542389,
      0.201485389549179081538, 0.0123716634817820021358, 3.01581553508235416007e-4, 2.65806974686737550832e-6,
      6.23974539184983293730e-9)
Q2 = (1.0, 6.02427039364742014255, 3.67983563856160859403, 1.37702099489081330271, 0.216236993594496635890,
      0.0134204006088543189037, 3.28014464682127739104e-4, 2.89247864745380683936e-6, 6.79019408009981274425e-9)


# The same of erf near 0, and of erfc nearer and farther out.
T = (9.60497373987051638749, 90.0260197203842689217, 2232.00534594684319226, 7003.32514112805075473,
     55592.3013010394962768)
U = (1.0, 33.5617141647503099647, 521.357949780152679795, 4594.32382970980127987, 22629.0000613890934246,
     49267.3942608635921086)
P = (2.46196981473530512524e-10, 0.564189564831068821977, 7.46321056442269912687, 48.6371970985681366614,
     196.520832956077098242, 526.445194995477358631, 934.528527171957607540, 1027.55188689515710272,
     557.535335369399327526)
Q = (1.0, 13.2281951154744992508, 86.7072140885989742329, 354.937778887819891062, 975.708501743205489753,
     1823.90916687909736289, 2246.33760818710981792, 1656.66309194161350182, 557.535340817727675546)
R = (0.564189583547755073984, 1.27536670759978104416, 5.01905042251180477414, 6.16021097993053585195,
     7.40974269950448939160, 2.97886665372100240670)
S = (1.0, 2.26052863220117276590, 9.39603524938001434673, 12.0489539808096656605, 17.0814450747565897222,
     9.60896809063285878198, 3.36907645100081516050)
# fmt: on


def cdf(x: Floats) -> Floats:
    """Return the probability of at most each x."""
    z = x * ROOT_OF_HALF
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        square = z * z
        result: Floats = 0.5 + 0.5 * (z * _polynomial(square, T) / _polynomial(square, U))
        outside = square >= 1.0
        if outside.any():
            tail = 0.5 * _erfc(np.abs(z[outside]))
            result[outside] = np.where(z[outside] > 0, 1.0 - tail, tail)
    return result


def _erfc(z: Floats) -> Floats:
    z = np.minimum(z, 40.0)
    near = _polynomial(z, P) / _polynomial(z, Q)
    far = _polynomial(z, R) / _polynomial(z, S)
    result: Floats = np.exp(-z * z) * np.where(z < 8.0, near, far)
    return result


def inverse_cdf(p: Floats) -> Floats:
    """Return the x of each probability p, NaN outside of 0 to 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        tail = np.minimum(p, 1.0 - p)
        result = _middle(p - 0.5)
        if (tail <= EDGE).any():
            outside = tail <= EDGE
            # Of 1 - p where p is near 1, so that the answers are the same on both sides.
            result[outside] = np.where(p[outside] < 0.5, -1.0, 1.0) * _tail(tail[outside])
    return result


def _middle(y: Floats) -> Floats:
    square = y * y
    return (y + y * (square * _polynomial(square, P0) / _polynomial(square, Q0))) * ROOT_OF_TWO_PI


def _tail(p: Floats) -> Floats:
    # By C's logarithm, whose last digit is SciPy's; an encoder behind may look for it.
    x = np.sqrt(-2.0 * _log(p))
    z = 1.0 / x
    near = z * _polynomial(z, P1) / _polynomial(z, Q1)
    far = z * _polynomial(z, P2) / _polynomial(z, Q2)
    result: Floats = x - _log(x) / x - np.where(x < 8.0, near, far)
    # The formula gives no answer for the ends themselves.
    result[p == 0] = np.inf
    return result


def _log(x: Floats) -> Floats:
    logs = (math.log(item) if item > 0 else -math.inf if item == 0 else math.nan for item in x.tolist())
    return np.fromiter(logs, np.float64, len(x))


def _polynomial(x: Floats, coefficients: tuple[float, ...]) -> Floats:
    result: Floats = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        result *= x
        result += coefficient
    return result
