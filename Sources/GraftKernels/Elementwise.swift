internal import CGraftKernels

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// A function of one number, applied to every element.
package enum UnaryFunction: Hashable, Sendable {
  case relu
  /// `x` where positive, else `alpha · x`.
  case leakyRelu(alpha: Float)
  case sigmoid
  case tanh
  /// `min(max(alpha · x + beta, 0), 1)`
  case hardSigmoid(alpha: Float, beta: Float)
  /// `x · min(max(x / 6 + 1/2, 0), 1)`
  case hardSwish
  /// `min(max(x, minimum), maximum)`
  case clip(minimum: Float, maximum: Float)
  /// `factor · x`
  case scale(Float)
  case exponential
  case logarithm
  case squareRoot
  case reciprocal
  case absolute
  /// The error function, `2 / √π · ∫ exp(−t²)` from 0 to x.
  case erf
  /// `x` where positive, else `alpha · (exp(x) − 1)`.
  case elu(alpha: Float)
  /// `log(1 + exp(x))`
  case softplus
  /// `x` times the probability that a normal number is below it; or that with tanh in place of erf.
  case gelu(isApproximate: Bool)
  /// `x` to a power
  case power(Float)
  /// `gamma · x` where positive, else `gamma · alpha · (exp(x) − 1)`
  case selu(alpha: Float, gamma: Float)
  /// `x` where positive, else `alpha · (exp(x / alpha) − 1)`
  case celu(alpha: Float)
  /// `x · tanh(log(1 + exp(x)))`
  case mish
  /// `x · sigmoid(alpha · x)`
  case swish(alpha: Float)
  /// `x / (1 + |x|)`
  case softsign
  /// `x` above the threshold, else 0
  case thresholdedRelu(Float)
}

extension Kernels {
  /// `y[i] = f(x[i])`; `y` may be `x`. NaN stays NaN.
  package static func apply(
    _ function: UnaryFunction, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
    count: Int
  ) {
    switch function {
    case .relu: clamp(x, y, count, .relu)
    case .leakyRelu(let alpha): map(x, y, count) { $0 < 0 ? alpha * $0 : $0 }
    case .sigmoid: map(x, y, count) { sigmoid($0) }
    case .tanh: map(x, y, count) { tanhf($0) }
    case .hardSigmoid(let alpha, let beta): map(x, y, count) { clip(alpha * $0 + beta, 0, 1) }
    case .hardSwish: map(x, y, count) { $0 * clip($0 * (1 / 6) + 0.5, 0, 1) }
    case .clip(let low, let high): clamp(x, y, count, Limits(low: low, high: high))
    case .scale(let factor): map(x, y, count) { factor * $0 }
    case .exponential: map(x, y, count) { expf($0) }
    case .logarithm: map(x, y, count) { logf($0) }
    case .squareRoot: map(x, y, count) { $0.squareRoot() }
    case .reciprocal: map(x, y, count) { 1 / $0 }
    case .absolute: map(x, y, count) { Swift.abs($0) }
    case .erf: map(x, y, count) { erff($0) }
    case .elu(let alpha): map(x, y, count) { $0 > 0 ? $0 : alpha * expm1f($0) }
    case .softplus: map(x, y, count) { softplus($0) }
    case .gelu(isApproximate: false): map(x, y, count) { $0 * normalProbability($0) }
    case .gelu(isApproximate: true): map(x, y, count) { $0 * 0.5 * (1 + tanhf(geluArgument($0))) }
    case .power(2): map(x, y, count) { $0 * $0 }
    case .power(let exponent): map(x, y, count) { powf($0, exponent) }
    case .selu(let alpha, let gamma):
      map(x, y, count) { gamma * ($0 > 0 ? $0 : alpha * expm1f($0)) }
    case .celu(let alpha): map(x, y, count) { $0 > 0 ? $0 : alpha * expm1f($0 / alpha) }
    case .mish: map(x, y, count) { $0 * tanhf(softplus($0)) }
    case .swish(let alpha): map(x, y, count) { $0 * sigmoid(alpha * $0) }
    case .softsign: map(x, y, count) { $0 / (1 + Swift.abs($0)) }
    case .thresholdedRelu(let threshold): map(x, y, count) { $0 <= threshold ? 0 : $0 }
    }
  }

  /// `dx[i] += dy[i] · f′`, where `f′` is computed from the result `y` of the function; from its
  /// argument for LeakyRelu with a negative slope, HardSwish, Log, Abs, Erf, Elu, Softplus, Gelu,
  /// powers and all that come after them. The gradient at a corner is that of the flat side. Assigned
  /// where it begins.
  package static func addGradient(
    of function: UnaryFunction, _ v: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
    _ dx: UnsafeMutablePointer<Float>, count: Int, begins: Bool = false
  ) {
    switch function {
    case .relu: return addPassed(v, dy, dx, count: count, .relu, begins: begins)
    case .clip(let low, let high):
      return addPassed(v, dy, dx, count: count, Limits(low: low, high: high), begins: begins)
    default: break
    }
    if begins { dx.update(repeating: 0, count: count) }
    switch function {
    case .relu, .clip: break
    case .leakyRelu(let alpha): accumulate(v, dy, dx, count) { $0 > 0 ? $1 : alpha * $1 }
    case .sigmoid: accumulate(v, dy, dx, count) { $1 * $0 * (1 - $0) }
    case .tanh: accumulate(v, dy, dx, count) { $1 * (1 - $0 * $0) }
    case .hardSigmoid(let alpha, _):
      accumulate(v, dy, dx, count) { $0 > 0 && $0 < 1 ? alpha * $1 : 0 }
    case .hardSwish:
      accumulate(v, dy, dx, count) {
        $1 * ($0 <= -3 ? 0 : $0 >= 3 ? 1 : $0 * (1 / 3) + 0.5)
      }
    case .scale(let factor): accumulate(v, dy, dx, count) { factor * $1 }
    case .exponential: accumulate(v, dy, dx, count) { $1 * $0 }
    case .squareRoot: accumulate(v, dy, dx, count) { $1 * 0.5 / $0 }
    case .reciprocal: accumulate(v, dy, dx, count) { -$1 * $0 * $0 }
    case .logarithm: accumulate(v, dy, dx, count) { $1 / $0 }
    case .absolute: accumulate(v, dy, dx, count) { $0 > 0 ? $1 : $0 < 0 ? -$1 : 0 }
    case .erf: accumulate(v, dy, dx, count) { $1 * 1.128_379_2 * expf(-$0 * $0) }
    case .elu(let alpha): accumulate(v, dy, dx, count) { $0 > 0 ? $1 : $1 * alpha * expf($0) }
    case .softplus: accumulate(v, dy, dx, count) { $1 * sigmoid($0) }
    case .gelu(isApproximate: false):
      accumulate(v, dy, dx, count) {
        $1 * (normalProbability($0) + $0 * 0.398_942_28 * expf(-0.5 * $0 * $0))
      }
    case .gelu(isApproximate: true):
      accumulate(v, dy, dx, count) {
        let t = tanhf(geluArgument($0))
        let slope = 0.797_884_56 * (1 + 0.134_145 * $0 * $0)
        return $1 * 0.5 * (1 + t + $0 * (1 - t * t) * slope)
      }
    case .power(2): accumulate(v, dy, dx, count) { $1 * 2 * $0 }
    case .power(let exponent):
      accumulate(v, dy, dx, count) { $1 * exponent * powf($0, exponent - 1) }
    case .selu(let alpha, let gamma):
      accumulate(v, dy, dx, count) { $1 * gamma * ($0 > 0 ? 1 : alpha * expf($0)) }
    case .celu(let alpha):
      accumulate(v, dy, dx, count) { $0 > 0 ? $1 : $1 * expf($0 / alpha) }
    case .mish:
      accumulate(v, dy, dx, count) {
        let t = tanhf(softplus($0))
        return $1 * (t + $0 * (1 - t * t) * sigmoid($0))
      }
    case .swish(let alpha):
      accumulate(v, dy, dx, count) {
        let s = sigmoid(alpha * $0)
        return $1 * s * (1 + alpha * $0 * (1 - s))
      }
    case .softsign:
      accumulate(v, dy, dx, count) {
        let divisor = 1 + Swift.abs($0)
        return $1 / (divisor * divisor)
      }
    case .thresholdedRelu(let threshold):
      accumulate(v, dy, dx, count) { $0 > threshold ? $1 : 0 }
    }
  }

  /// `x ^ y`
  package static func power(_ x: Double, _ y: Double) -> Double { pow(x, y) }

  /// `y[i] = x[i]`
  package static func copy(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, count: Int
  ) {
    Parallel.forRanges(of: count, size: elementsPerTask) { range in
      (y + range.lowerBound).update(from: x + range.lowerBound, count: range.count)
    }
  }

  /// `y[i] += x[i]`; assigned where the gradient y begins.
  package static func add(
    _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int, begins: Bool = false
  ) {
    begins ? copy(x, y, count: count) : sum(x, y, y, count: count)
  }

  /// `y[i] += x[i]` on the calling thread, within a task; assigned where the gradient y begins.
  package static func addRun(
    _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int, begins: Bool
  ) {
    if begins { y.update(from: x, count: count) } else { graft_sum(x, y, y, count) }
  }

  /// `y[i] = a[i] + b[i]`; `y` may be either.
  package static func sum(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
    count: Int
  ) {
    Parallel.forRanges(of: count, size: elementsPerTask) { range in
      let first = range.lowerBound
      graft_sum(a + first, b + first, y + first, range.count)
    }
  }

  /// `dx[i] += dy[i]` where the result `y[i]` lies between the limits; assigned where the gradient
  /// begins, and `dx` may then be `dy`.
  package static func addPassed(
    _ y: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
    count: Int, _ limits: Limits, begins: Bool
  ) {
    Parallel.forRanges(of: count, size: elementsPerTask) { range in
      let first = range.lowerBound
      graft_pass(
        y + first, dy + first, dx + first, range.count, limits.low, limits.high, begins ? 1 : 0)
    }
  }

  private static func clamp(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ count: Int, _ limits: Limits
  ) {
    Parallel.forRanges(of: count, size: elementsPerTask) { range in
      let first = range.lowerBound
      graft_clamp(x + first, y + first, range.count, limits.low, limits.high)
    }
  }

  /// `y[i] = value`
  package static func fill(_ y: UnsafeMutablePointer<Float>, with value: Float, count: Int) {
    Parallel.forRanges(of: count, size: elementsPerTask) { range in
      (y + range.lowerBound).update(repeating: value, count: range.count)
    }
  }

  /// `y[i] = x[i] · mask[i]`
  package static func multiply(
    _ x: UnsafePointer<Float>, _ mask: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
    count: Int
  ) {
    Parallel.forRanges(of: count, size: elementsPerTask) { range in
      for i in range { y[i] = x[i] * mask[i] }
    }
  }

  /// `y[i] += x[i] · mask[i]`
  package static func addProduct(
    _ x: UnsafePointer<Float>, _ mask: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
    count: Int
  ) {
    accumulate(x, mask, y, count) { $0 * $1 }
  }
}

// MARK: - Loops

extension Kernels {
  /// Elements that one task of an elementwise kernel takes: enough to outweigh waking a thread, few
  /// enough to stay in a core's cache.
  static let elementsPerTask = 1 << 15

  @inline(__always)
  private static func map(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ count: Int,
    _ function: (Float) -> Float
  ) {
    Parallel.forRanges(of: count, size: elementsPerTask) { range in
      var i = range.lowerBound
      let end = range.upperBound
      while i < end {
        y[i] = function(x[i])
        i &+= 1
      }
    }
  }

  @inline(__always)
  private static func accumulate(
    _ v: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>,
    _ count: Int, _ gradient: (Float, Float) -> Float
  ) {
    Parallel.forRanges(of: count, size: elementsPerTask) { range in
      var i = range.lowerBound
      let end = range.upperBound
      while i < end {
        dx[i] += gradient(v[i], dy[i])
        i &+= 1
      }
    }
  }

  /// Limits in the order of ONNX: where they cross, the maximum wins. NaN stays NaN.
  @inline(__always)
  private static func clip(_ x: Float, _ low: Float, _ high: Float) -> Float {
    let raised = x < low ? low : x
    return raised > high ? high : raised
  }

  /// Without overflow for large arguments.
  @inline(__always)
  private static func softplus(_ x: Float) -> Float {
    Swift.max(x, 0) + log1pf(expf(-Swift.abs(x)))
  }

  /// That a number of the standard normal distribution is below x.
  @inline(__always)
  private static func normalProbability(_ x: Float) -> Float {
    0.5 * (1 + erff(x * 0.707_106_78))
  }

  /// Of the tanh that stands for erf: Hendrycks, Gimpel, "Gaussian Error Linear Units", 2016.
  @inline(__always)
  private static func geluArgument(_ x: Float) -> Float {
    0.797_884_56 * (x + 0.044_715 * x * x * x)
  }

  /// Without overflow for large arguments of either sign.
  @inline(__always)
  private static func sigmoid(_ x: Float) -> Float {
    let e = expf(x < 0 ? x : -x)
    return (x < 0 ? e : 1) / (1 + e)
  }
}
