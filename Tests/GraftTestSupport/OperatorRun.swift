import GraftGraph
import GraftTensor

/// One way of running an operator under test: layout, method, mode, threads.
struct RunSettings: CustomStringConvertible {
  var layout: Layout
  var method: MethodEstimate?
  var mode: Mode
  var inPlace = false
  /// Gradients of computed inputs begin here: their memory is undefined and gets assigned.
  var begins = false

  var description: String {
    "\(layout)" + (method.map { ", method \($0.name)" } ?? "") + ", \(mode)"
      + (inPlace ? ", in place" : "") + (begins ? ", gradients begin" : "")
  }
}

/// An input that takes part in the data flow: all but absent ones and constants that decoding
/// consumed.
struct FlowInput {
  /// The place in the node's list of inputs.
  var index: Int
  var shape: Shape
  var elements: [Float]
  var isParameter: Bool
  var isDifferentiable: Bool
}

/// A decoded operator with its inputs in guarded memory: runs forward and backward once.
final class OperatorRun {
  private let op: any Operator
  private let settings: RunSettings
  private let flow: [FlowInput]
  private let what: String
  private let seed: UInt64
  private let outputShapes: [Shape]
  private let memory: OperatorMemory
  private let inputs: [GuardedMemory]
  private let originals: [[Float]]
  private let outputs: [GuardedMemory]
  private let saved: [GuardedMemory]
  private let packed: GuardedMemory

  init(
    _ op: any Operator, _ flow: [FlowInput], outputShapes: [Shape], settings: RunSettings,
    seed: UInt64, what: String
  ) throws(CheckFailure) {
    self.op = op
    self.settings = settings
    self.flow = flow
    self.outputShapes = outputShapes
    self.seed = seed
    self.what = "\(what), \(settings)"
    let context = PlanningContext(
      inputs: flow.map(\.shape), isParameter: flow.map(\.isParameter), mode: settings.mode,
      method: settings.method?.name)
    memory = op.memory(for: context)
    originals = flow.map { input in
      input.isParameter
        ? input.elements : settings.layout.arranging(input.elements, input.shape)
    }
    inputs = originals.enumerated().map { GuardedMemory("input \($0)", $1) }
    var outputs = outputShapes.enumerated().map {
      GuardedMemory("output \($0)", count: $1.elementCount)
    }
    if settings.inPlace { outputs[0] = inputs[0] }
    self.outputs = outputs
    saved =
      settings.mode == .inference
      ? [] : memory.saved.enumerated().map { GuardedMemory("saved \($0)", count: $1) }
    packed = GuardedMemory("packed", count: memory.packedFloats)
    if memory.packedFloats > 0 {
      let parameters = flow.indices.map { flow[$0].isParameter ? view(input: $0) : nil }
      op.pack(parameters, for: context, into: packed.base)
      try packed.checkGuards("\(self.what), pack")
    }
  }

  private func layout(_ index: Int) -> Layout {
    flow[index].isParameter ? .channelsFirst : settings.layout
  }

  private func view(input index: Int) -> TensorView {
    TensorView(flow[index].shape, inputs[index].base, layout: layout(index))
  }

  // MARK: Forward

  /// The outputs in ONNX order.
  func forward() throws(CheckFailure) -> [[Float]] {
    let scratch = GuardedMemory("scratch", count: memory.scratchFloats)
    op.forward(
      ForwardPass(
        mode: settings.mode, inputs: flow.indices.map { view(input: $0) },
        outputs: outputShapes.indices.map {
          MutableTensorView(outputShapes[$0], outputs[$0].base, layout: settings.layout)
        },
        saved: saved.map { MutableTensorView([$0.count], $0.base) }, scratch: scratch.base,
        packed: memory.packedFloats > 0 ? packed.base : nil, method: settings.method?.name,
        seed: seed))
    for memory in inputs + outputs + saved + [scratch, packed] {
      try memory.checkGuards("\(what), forward")
    }
    for output in outputs { try output.checkAssigned("\(what), forward") }
    for (index, original) in originals.enumerated() where !(settings.inPlace && index == 0) {
      try inputs[index].checkUnchanged(from: original, "\(what), forward")
    }
    return outputShapes.indices.map {
      settings.layout.restoring(outputs[$0].elements, outputShapes[$0])
    }
  }

  // MARK: Backward

  /// Adds the gradients of the wanted inputs to what `initial` has, everything in ONNX order; run
  /// after ``forward()``.
  ///
  /// What the operator does not declare in `gradientNeeds` is replaced by undefined memory, as the
  /// plan would have given it to others.
  func backward(
    outputGradients: [[Float]?], wanted: Set<Int>, initial: (Int) -> [Float]
  ) throws(CheckFailure) -> [Int: [Float]] {
    let needs = op.gradientNeeds
    let residual = op.inputSharingGradient(inputCount: flow.count)
    let given = outputGradients.enumerated().map { index, gradient in
      gradient.map {
        GuardedMemory(
          "output gradient \(index)", settings.layout.arranging($0, outputShapes[index]))
      }
    }
    let gradients = Dictionary(
      uniqueKeysWithValues: wanted.map { index in
        var start = initial(index)
        if settings.begins, !flow[index].isParameter {
          start = start.map { _ in .nan }
        }
        return (
          index,
          GuardedMemory(
            "gradient of input \(index)",
            flow[index].isParameter
              ? start : settings.layout.arranging(start, flow[index].shape))
        )
      })
    let scratch = GuardedMemory("backward scratch", count: memory.backwardScratchFloats)
    let savedElements = saved.map(\.elements)
    let lost = (inputs + outputs).map { GuardedMemory("undefined", count: $0.count) }
    op.backward(
      BackwardPass(
        inputs: flow.indices.map { index in
          flow[index].isParameter || (needs.contains(.inputs) && index != residual)
            ? view(input: index)
            : TensorView(flow[index].shape, lost[index].base, layout: layout(index))
        },
        outputs: outputShapes.indices.map { index in
          TensorView(
            outputShapes[index],
            needs.contains(.outputs) ? outputs[index].base : lost[flow.count + index].base,
            layout: settings.layout)
        },
        saved: saved.map { TensorView([$0.count], $0.base) },
        outputGradients: given.enumerated().map { index, memory in
          memory.map { MutableTensorView(outputShapes[index], $0.base, layout: settings.layout) }
        },
        inputGradients: flow.indices.map { index in
          gradients[index].map {
            MutableTensorView(flow[index].shape, $0.base, layout: layout(index))
          }
        },
        beginning: flow.map { settings.begins && !$0.isParameter },
        scratch: scratch.base, packed: memory.packedFloats > 0 ? packed.base : nil,
        method: settings.method?.name))
    let all = inputs + outputs + saved + lost + given.compactMap(\.self) + [scratch, packed]
    for memory in all + Array(gradients.values) { try memory.checkGuards("\(what), backward") }
    for (index, memory) in saved.enumerated() {
      try memory.checkUnchanged(from: savedElements[index], "\(what), backward")
    }
    var results: [Int: [Float]] = [:]
    for (index, memory) in gradients {
      results[index] =
        flow[index].isParameter
        ? memory.elements : settings.layout.restoring(memory.elements, flow[index].shape)
    }
    return results
  }
}
