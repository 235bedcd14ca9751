import GraftONNX
package import GraftTensor

/// How the weights of an exported file are stored. Whatever runs the file computes in float32.
public enum WeightPrecision: String, Hashable, Sendable, CaseIterable {
  /// As they are.
  case float32
  /// Rounded to the nearest half, with a Cast behind each that gives float32 again: half the file.
  case float16
}

extension UInt16 {
  /// The bits of the IEEE 754 half nearest to a number, of two equally near ones the even one.
  ///
  /// From 65520 on that is infinity. By hand because `Float16` does not exist on every platform that
  /// graft builds for.
  package init(halfPrecisionOf value: Float) {
    let sign = UInt16(value.bitPattern >> 16 & 0x8000)
    let magnitude = value.bitPattern & 0x7FFF_FFFF
    let half: UInt32
    if magnitude < 0x3880_0000 {  // below 2⁻¹⁴ all halves are multiples of 2⁻²⁴
      half = UInt32((Float(bitPattern: magnitude) * 0x1p24).rounded(.toNearestOrEven))
    } else if magnitude < 0x7F80_0000 {
      // Rounding may carry into the exponent, which is then the right one.
      let shifted = magnitude - 112 << 23
      half = Swift.min((shifted + 0xFFF + (shifted >> 13 & 1)) >> 13, 0x7C00)
    } else if magnitude == 0x7F80_0000 {
      half = 0x7C00
    } else {  // NaN stays NaN, with what fits of its payload
      half = 0x7E00 | magnitude >> 13 & 0x1FF
    }
    self = sign | UInt16(half)
  }
}

extension Tensor {
  /// Do halves hold these numbers about as well as any? Not where one would become infinite, nor
  /// where the largest is so small that all are subnormal and lose more than the usual half of a
  /// 2048th.
  package var fitsHalfPrecision: Bool {
    withUnsafeElements { elements in
      // As integers, the bits of magnitudes compare like the magnitudes; NaN is above them all.
      var largest: UInt32 = 0
      for element in elements { largest = max(largest, element.bitPattern & 0x7FFF_FFFF) }
      return largest == 0
        || Float(0x1p-14).bitPattern <= largest
          && largest < Float(65520).bitPattern
    }
  }

  /// Every number rounded to the nearest half.
  package func roundedToHalfPrecision() -> Tensor {
    withUnsafeElements { elements in
      Tensor(unsafeUninitialized: shape) { rounded in
        for (index, element) in elements.enumerated() {
          rounded[index] = Float(halfPrecision: UInt16(halfPrecisionOf: element))
        }
      }
    }
  }
}

extension Parameter {
  /// Weights are nearly all of a file. Biases, scales and statistics stay as they are: rounding one
  /// of those would change a whole channel.
  var isStoredAsHalf: Bool { role == .weight && tensor.fitsHalfPrecision }
}

extension Graph {
  /// The network that a file with weights of that precision holds.
  package func rounded(to precision: WeightPrecision) -> Graph {
    guard precision == .float16 else { return self }
    var graph = self
    for (name, parameter) in parameters where parameter.isStoredAsHalf {
      graph.parameters[name]?.tensor = parameter.tensor.roundedToHalfPrecision()
    }
    return graph
  }

  /// Names of the weights that a file with weights of that precision keeps in float32, sorted.
  package func weightsKeptInFloat32(by precision: WeightPrecision) -> [String] {
    guard precision == .float16 else { return [] }
    return parameters.filter { $0.value.role == .weight && !$0.value.isStoredAsHalf }.keys.sorted()
  }
}

extension ONNXTensor {
  /// The numbers as halves.
  init(name: String, halving tensor: Tensor) {
    let allocation = ONNXAllocation(count: 2 * tensor.shape.elementCount)
    let halves = allocation.base.bindMemory(to: UInt16.self, capacity: tensor.shape.elementCount)
    tensor.withUnsafeElements { elements in
      for (index, element) in elements.enumerated() {
        halves[index] = UInt16(halfPrecisionOf: element)
      }
    }
    self.init(
      name: name, elementType: .float16, dimensions: tensor.shape.dimensions,
      bytes: ONNXBytes(
        base: UnsafeRawPointer(allocation.base), count: 2 * tensor.shape.elementCount,
        owner: allocation))
  }
}
