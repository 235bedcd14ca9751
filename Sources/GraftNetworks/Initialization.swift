import GraftKernels
import GraftTensor

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// How the weights of a layer begin.
///
/// Fan-in is the number of weights that an output sums over, fan-out the number of outputs that an
/// input reaches.
public enum Initialization: Hashable, Sendable {
  /// Normal, variance `2 / fan-in`: keeps the size of activations behind ReLU.
  /// Source: He, Zhang, Ren, Sun, "Delving deep into rectifiers", ICCV 2015.
  case he
  /// Uniform, variance `2 / (fan-in + fan-out)`: what Keras begins with.
  /// Source: Glorot, Bengio, "Understanding the difficulty of training deep feedforward neural
  /// networks", AISTATS 2010.
  case glorot
  /// Normal, with this standard deviation.
  case normal(Float)
  /// All zero, on memory that exists only where somebody reads it: for counting parameters, or where
  /// weights from elsewhere follow.
  case zero

  /// Weights `[outputs, inputs, …]`, the same for a seed and stream with any number of threads.
  func tensor(_ shape: Shape, seed: UInt64, stream: Int) -> Tensor {
    let fanIn = shape.elementCount / max(shape[0], 1)
    let fanOut = shape.elementCount / max(shape[1], 1)
    switch self {
    case .he: return .normal(shape, (2 / Float(fanIn)).squareRoot(), seed, stream)
    case .glorot:
      let limit = (6 / Float(fanIn + fanOut)).squareRoot()
      return .random(shape, seed, stream) { (2 * $0.uniform() - 1) * limit }
    case .normal(let deviation): return .normal(shape, deviation, seed, stream)
    case .zero:
      let zeros = ZeroMemory(count: shape.elementCount)
      return Tensor(shape, borrowing: zeros.base, owner: zeros)
    }
  }
}

extension Tensor {
  /// Numbers that share one stream of random numbers.
  private static var blockLength: Int { 4096 }

  fileprivate static func normal(
    _ shape: Shape, _ deviation: Float, _ seed: UInt64, _ stream: Int
  ) -> Tensor {
    random(shape, seed, stream) { $0.normal() * deviation }
  }

  fileprivate static func random(
    _ shape: Shape, _ seed: UInt64, _ stream: Int, _ draw: (inout SeededGenerator) -> Float
  ) -> Tensor {
    Tensor(unsafeUninitialized: shape) { memory in
      Parallel.forRanges(of: shape.elementCount, size: blockLength) { range in
        var generator = SeededGenerator(seed, stream, range.lowerBound / blockLength)
        for i in range { memory[i] = draw(&generator) }
      }
    }
  }
}

/// Zeros of the system's, which take no memory until they are touched.
private final class ZeroMemory: Sendable {
  nonisolated(unsafe) let base: UnsafePointer<Float>

  init(count: Int) {
    guard let memory = calloc(max(count, 1), MemoryLayout<Float>.stride) else {
      preconditionFailure("no memory for \(count) zeros")
    }
    base = UnsafePointer(memory.bindMemory(to: Float.self, capacity: max(count, 1)))
  }

  deinit { free(UnsafeMutableRawPointer(mutating: base)) }
}
