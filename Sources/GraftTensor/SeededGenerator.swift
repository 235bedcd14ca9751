#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A small, fast generator of random numbers whose whole state is one seed: SplitMix64.
///
/// The same seed gives the same numbers on every machine. Derive independent streams with
/// `SeededGenerator(seed, stream)`, for example one per (seed, epoch, photo).
///
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  /// All that decides the numbers to come; a generator made of it goes on from here.
  public private(set) var state: UInt64

  /// The stream of a seed, or of a `state` that was kept.
  public init(_ seed: UInt64) { state = seed }

  /// An independent stream for each sequence of numbers after the seed.
  public init(_ seed: UInt64, _ stream: Int...) {
    var mixed = seed
    for number in stream {
      mixed = Self.mix(mixed &+ 0x9E37_79B9_7F4A_7C15 &* (UInt64(bitPattern: Int64(number)) &+ 1))
    }
    state = mixed
  }

  /// 64 random bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Self.mix(state)
  }

  /// Uniform in `[0, 1)`, 24 random bits.
  public mutating func uniform() -> Float { Float(next() >> 40) * 0x1p-24 }

  /// Normal with mean 0 and standard deviation 1, by Box and Muller's method.
  public mutating func normal() -> Float {
    let radius = (-2 * log(1 - Double(uniform()))).squareRoot()
    return Float(radius * cos(2 * Double.pi * Double(uniform())))
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
