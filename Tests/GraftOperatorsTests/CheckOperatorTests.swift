import GraftGraph
import GraftKernels
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

/// The harness itself: an operator with one fault at a time, each of which it must name.
@Suite struct CheckOperatorTests {
  static let faults: [(fault: Fault, complaint: String)] = [
    (.none, ""),
    (.unreadAttribute, "attributes left unread: [\"extra\"]"),
    (.wrongShape, "output shapes [[2, 3, 4, 6]]; the oracle has [[2, 3, 4, 5]]"),
    (.wrongValue, "output 0 at [1, 2, 3, 4] is"),
    (.unassigned, "left output 0 unassigned at offset 119"),
    (.beyondOutput, "wrote 1 floats past the end of output 0 [120]"),
    (.beforeScratch, "wrote 1 floats before scratch"),
    (.writesInput, "changed input 0, which is read-only, at offset 0"),
    (.wrongGradient, "finite differences give"),
    (.assignsGradient, "added to former contents"),
    (.undeclaredNeed, "gradient of input 0"),
    (.writesFrozen, "gradient of input 0"),
    (.dependsOnThreads, "3 threads"),
    (.notInPlace, "in place"),
    (.forgetsEncoding, "written and read under opset"),
  ]

  @Test(arguments: faults) func findsTheFault(_ fault: Fault, _ complaint: String) throws {
    var attributes: [String: ONNXAttribute.Value] = ["fault": .int(fault.rawValue)]
    if fault == .unreadAttribute { attributes["extra"] = 1 }
    let example = OperatorCase(
      "\(fault)", attributes: attributes, inputs: [.activation([2, 3, 4, 5])])
    do {
      try checkOperator(Triple.self, example) { _, inputs in [inputs[0]!.map { 3 * $0 }] }
      #expect(fault == .none)
    } catch {
      #expect(fault != .none && error.description.contains(complaint), "\(error)")
    }
  }
}

enum Fault: Int, Sendable {
  case none, unreadAttribute, wrongShape, wrongValue, unassigned, beyondOutput, beforeScratch
  case writesInput, wrongGradient, assignsGradient, undeclaredNeed, writesFrozen
  case dependsOnThreads, notInPlace, forgetsEncoding
}

/// `Y = 3 X`, with a fault.
private struct Triple: Operator {
  static let opType = "Triple"
  static let opsets = 1...22
  static var layouts: OperatorLayouts { .any }
  var gradientNeeds: GradientNeeds { [] }
  static var runsInPlace: Bool { true }

  let fault: Fault

  init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    fault = Fault(rawValue: try node.int("fault", default: 3)) ?? .none
  }

  func encode(into node: inout NodeEncoder) {
    if fault != .forgetsEncoding { node.set("fault", fault.rawValue) }
  }

  func outputShapes(for inputs: [Shape]) throws(ShapeError) -> [Shape] {
    fault == .wrongShape ? [Shape(inputs[0].dimensions.dropLast() + [6])] : inputs
  }

  func memory(for context: PlanningContext) -> OperatorMemory { OperatorMemory(scratchFloats: 8) }

  func forward(_ pass: ForwardPass) {
    let (x, y, count) = (pass.inputs[0].base, pass.outputs[0].base, pass.inputs[0].count)
    let last = x[count - 1]
    if fault == .notInPlace { y[count - 1] = 0 }
    for i in 0..<count - 1 { y[i] = 3 * x[i] }
    if fault == .notInPlace { y[count - 1] = 3 * x[count - 1] }
    if fault != .unassigned && fault != .notInPlace { y[count - 1] = 3 * last }
    switch fault {
    case .wrongValue: y[count - 1] += 0.01
    case .beyondOutput: y[count] = 0
    case .beforeScratch: (pass.scratch - 1).pointee = 0
    case .writesInput: UnsafeMutablePointer(mutating: x)[0] += 1
    case .dependsOnThreads: y[0] += Parallel.threadCount == 3 ? 1e-6 : 0
    default: break
    }
  }

  func backward(_ pass: BackwardPass) {
    let (dy, dx) = (pass.outputGradients[0]!, pass.inputGradients[0])
    guard let dx else { return }
    for i in 0..<dy.count {
      switch fault {
      case .wrongGradient: dx.base[i] += 2.9 * dy.base[i]
      case .assignsGradient: dx.base[i] = 3 * dy.base[i]
      case .undeclaredNeed: dx.base[i] += 3 * dy.base[i] + 0 * pass.inputs[0].base[i]
      case .writesFrozen: dx.base[i] += 3 * dy.base[i] + (i == 7 ? 0.1 : 0)
      default: dx.base[i] += 3 * dy.base[i]
      }
    }
  }
}
