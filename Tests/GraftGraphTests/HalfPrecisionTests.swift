import Foundation
import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct HalfPrecisionTests {
  /// By the formula of IEEE 754.
  private func value(_ half: UInt16) -> Double {
    let (exponent, fraction) = (Int(half >> 10 & 0x1F), Double(half & 0x3FF))
    let magnitude =
      exponent == 0 ? scalbn(fraction, -24) : scalbn(1024 + fraction, exponent - 25)
    return half & 0x8000 == 0 ? magnitude : -magnitude
  }

  @Test func everyHalfComesBack() {
    for half in UInt16.min ... .max {
      let isNaN = half & 0x7C00 == 0x7C00 && half & 0x3FF != 0
      // NaN keeps its payload and sign, and becomes a quiet one.
      let expected = isNaN ? half | 0x200 : half
      let found = UInt16(halfPrecisionOf: Float(halfPrecision: half))
      if found != expected { Issue.record("\(half) became \(found)") }
    }
  }

  /// Between each half and the next: the middle goes to the even one, its neighbours to theirs.
  @Test func roundsToTheNearestEven() {
    for half in UInt16(0)..<0x7BFF {
      let middle = Float((value(half) + value(half + 1)) / 2)
      let even = half & 1 == 0 ? half : half + 1
      for sign in [UInt16(0), 0x8000] {
        let signed = { (x: Float) in sign == 0 ? x : -x }
        let found = [middle.nextDown, middle, middle.nextUp].map {
          UInt16(halfPrecisionOf: signed($0))
        }
        if found != [half | sign, even | sign, (half + 1) | sign] {
          Issue.record("around \(middle): \(found)")
        }
      }
    }
  }

  @Test(
    arguments: [
      (65504, 0x7BFF), (Float(65520).nextDown, 0x7BFF), (65520, 0x7C00), (1e30, 0x7C00),
      (.infinity, 0x7C00), (-.infinity, 0xFC00), (-65520, 0xFC00), (0, 0), (-0.0, 0x8000),
      (0x1p-25, 0), (Float(0x1p-25).nextUp, 1), (.leastNonzeroMagnitude, 0),
      (Float(0x1p-14).nextDown, 0x400), (.nan, 0x7E00),
    ] as [(Float, UInt16)])
  func roundsTheEnds(_ value: Float, _ half: UInt16) {
    #expect(UInt16(halfPrecisionOf: value) == half)
  }

  @Test func knowsWhatHalvesHold() {
    func fits(_ values: Float...) -> Bool { Tensor([values.count], values).fitsHalfPrecision }
    #expect(fits(0, 0))
    #expect(fits(-65519, 1e-9))
    #expect(fits(-0x1p-14))
    #expect(!fits(1, 65520))
    #expect(!fits(1, -.infinity))
    #expect(!fits(1, .nan))
    #expect(!fits(0, Float(0x1p-14).nextDown))
  }
}

// MARK: - In files

extension HalfPrecisionTests {
  @Test(arguments: [7, 9, 13, 17, 21]) func widensWhenRead(_ opset: Int) throws {
    let graph = try ONNXModel.tinyClassifier().imported()
    let written = try graph.exported(opset: opset, weights: .float16)
    let read = try ONNXReader.read(bytes: ONNXWriter.bytes(of: written)).imported()

    #expect(read.nodes.map(\.name) == graph.nodes.map(\.name))
    #expect(read.parameters.mapValues(\.role) == graph.parameters.mapValues(\.role))
    #expect(read.parameters.mapValues(\.isTrainable) == graph.parameters.mapValues(\.isTrainable))
    let expected = graph.rounded(to: .float16).parameters.mapValues(\.tensor)
    #expect(read.parameters.mapValues(\.tensor) == expected)
    for (name, parameter) in graph.parameters {
      let stored = written.graph.initializers.filter { $0.name.hasPrefix(name) }
      let isHalf = stored.map(\.elementType) == [.float16]
      #expect(isHalf == (parameter.role == .weight), "\(name)")
      #expect((expected[name] == parameter.tensor) == (parameter.role != .weight), "\(name)")
    }
    // Reading what was rounded and writing it again changes nothing.
    #expect(read.rounded(to: .float16).parameters.mapValues(\.tensor) == expected)
    #expect(graph.weightsKeptInFloat32(by: .float16) == [])
  }

  @Test func keepsWhatHalvesDoNotHold() throws {
    var graph = try ONNXModel.tinyClassifier().imported()
    let names = graph.parameters.filter { $0.value.role == .weight }.keys.sorted()
    for (name, factor) in zip(names, [Float(1e6), 1e-6]) {
      graph.parameters[name]?.tensor.withUnsafeMutableElements { elements in
        for index in elements.indices { elements[index] *= factor }
      }
    }
    #expect(graph.weightsKeptInFloat32(by: .float16) == Array(names.prefix(2)))
    #expect(graph.weightsKeptInFloat32(by: .float32) == [])
    let read = try graph.exported(weights: .float16).imported()
    for name in names.prefix(2) {
      #expect(read.parameters[name]?.tensor == graph.parameters[name]?.tensor)
    }
  }

  /// A value may be called as the stored halves would be.
  @Test func findsANameThatIsFree() throws {
    var builder = ModelBuilder.images()
    builder.weights("w", [2, 3, 1, 1])
    builder.weights("w.float16", [2, 2, 1, 1])
    builder.node("Conv", ["x", "w"], ["a"])
    builder.node("Conv", ["a", "w.float16"], ["b"])
    builder.output("b", [-1, 2, 4, 4])
    let graph = try builder.graph()
    let read = try graph.exported(weights: .float16).imported()
    #expect(read.parameters.keys.sorted() == ["w", "w.float16"])
    #expect(
      read.parameters.mapValues(\.tensor)
        == graph.rounded(to: .float16).parameters.mapValues(\.tensor))
  }
}
