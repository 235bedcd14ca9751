import GraftGraph
import GraftTensor

/// The memory from which the views of a session are made.
struct SessionMemory {
  let arena: UnsafeMutablePointer<Float>
  let packed: UnsafeMutablePointer<Float>
  let scratch: UnsafeMutablePointer<Float>
  let weights: [String: Tensor]
  let gradients: GradientStore
}

/// The calls of a plan for one batch size, with every view made: nothing is allocated in a step.
final class Binding {
  let input: MutableTensorView
  let output: TensorView
  let outputGradient: MutableTensorView?
  let forward: [ForwardPass]
  /// The same in inference mode, which a training session can run too.
  let inference: [ForwardPass]
  /// Nil for steps that no gradient passes.
  let backward: [BackwardPass?]
  /// Gradients to clear before the backward of each step.
  let cleared: [[MutableTensorView]]

  init(_ plan: Plan, batch: Int, memory: SessionMemory) {
    let views = BindingViews(plan: plan, batch: batch, memory: memory)
    input = views.value(plan.inputValue)
    output = views.value(plan.outputValue).readOnly
    outputGradient = views.gradient(plan.outputValue)
    forward = plan.steps.map { views.forwardPass($0, mode: plan.mode) }
    inference =
      plan.mode == .inference
      ? forward : plan.steps.map { views.forwardPass($0, mode: .inference) }
    backward = plan.steps.map(views.backwardPass)
    cleared = plan.steps.map { step in
      step.beginsGradients ? [] : step.clearedGradients.compactMap(views.gradient)
    }
  }
}

/// Makes the views of one batch size.
private struct BindingViews {
  let plan: Plan
  let batch: Int
  let memory: SessionMemory

  func value(_ index: Int, layout: Layout? = nil) -> MutableTensorView {
    let value = plan.values[index]
    return MutableTensorView(
      plan.shape(of: index, batch: batch), memory.arena + value.offset,
      layout: layout ?? value.layout)
  }

  func gradient(_ index: Int) -> MutableTensorView? { gradient(index, layout: nil) }

  func gradient(_ index: Int, layout: Layout?) -> MutableTensorView? {
    let value = plan.values[index]
    guard let offset = value.gradientOffset else { return nil }
    return MutableTensorView(
      plan.shape(of: index, batch: batch), memory.arena + offset, layout: layout ?? value.layout)
  }

  func forwardPass(_ step: PlannedStep, mode: Mode) -> ForwardPass {
    let mode = step.isDifferentiated ? mode : .inference
    return ForwardPass(
      mode: mode, inputs: inputs(of: step),
      outputs: step.outputs.map { value($0) } + (mode == .training ? updated(by: step) : []),
      saved: mode == .training ? saved(of: step) : [], scratch: memory.scratch,
      packed: step.packedOffset.map { UnsafePointer(memory.packed + $0) }, method: step.method)
  }

  func backwardPass(_ step: PlannedStep) -> BackwardPass? {
    guard step.isDifferentiated else { return nil }
    return BackwardPass(
      inputs: inputs(of: step), outputs: step.outputs.map { value($0).readOnly },
      saved: saved(of: step).map(\.readOnly),
      outputGradients: step.outputs.map(gradient),
      inputGradients: step.inputs.map(inputGradient), beginning: beginning(of: step),
      scratch: memory.scratch,
      packed: step.packedOffset.map { UnsafePointer(memory.packed + $0) }, method: step.method)
  }

  private func inputs(of step: PlannedStep) -> [TensorView] {
    step.inputs.map { input in
      switch input {
      case .value(let index, let layout): value(index, layout: layout).readOnly
      case .parameter(let name): memory.weights[name]?.unsafeView ?? TensorView([0], memory.arena)
      }
    }
  }

  /// The parameters that the step brings up to date, where they lie.
  private func updated(by step: PlannedStep) -> [MutableTensorView] {
    step.updatedParameters.compactMap { memory.weights[$0]?.unsafeWritableView }
  }

  private func inputGradient(_ input: PlannedInput) -> MutableTensorView? {
    switch input {
    case .value(let index, let layout): gradient(index, layout: layout)
    case .parameter(let name):
      memory.gradients.offsets[name] == nil
        ? nil : memory.gradients.view(name, memory.weights[name]?.shape ?? [])
    }
  }

  /// For each input: does its gradient begin at this step? A value that is read twice begins once.
  private func beginning(of step: PlannedStep) -> [Bool] {
    guard step.beginsGradients else { return [] }
    var beginning = Set(step.clearedGradients)
    return step.inputs.map { input in
      guard let index = input.valueIndex else { return false }
      return beginning.remove(index) != nil
    }
  }

  private func saved(of step: PlannedStep) -> [MutableTensorView] {
    guard !step.savedOffsets.isEmpty else { return [] }
    let sizes = plan.memory(of: step, batch: batch).saved
    return zip(step.savedOffsets, sizes).map { MutableTensorView([$1], memory.arena + $0) }
  }
}

// MARK: - Sizes for a batch

extension Plan {
  /// The shape of a value for a batch of this many images.
  func shape(of index: Int, batch: Int) -> Shape {
    let shape = values[index].shape
    return shape.withBatch(shape[0] / batchSize * batch)
  }

  func context(of step: PlannedStep, batch: Int) -> PlanningContext {
    PlanningContext(
      inputs: step.inputs.map { input in
        switch input {
        case .value(let index, _): shape(of: index, batch: batch)
        case .parameter(let name): graph.parameters[name]?.tensor.shape ?? []
        }
      }, isParameter: step.inputs.map(\.isParameter),
      isLearned: step.inputs.map { $0.isLearned(in: graph, mode) },
      mode: step.isDifferentiated ? mode : .inference, method: step.method)
  }

  func memory(of step: PlannedStep, batch: Int) -> OperatorMemory {
    step.node.operator.memory(for: context(of: step, batch: batch))
  }

  /// The largest working memory of any step.
  func scratchFloats(batch: Int) -> Int {
    steps.map { step in
      let memory = memory(of: step, batch: batch)
      return max(memory.scratchFloats, step.isDifferentiated ? memory.backwardScratchFloats : 0)
    }.max() ?? 0
  }
}

// MARK: - Copying in

extension ForwardPass {
  /// The same pass with a seed.
  func seeded(_ seed: UInt64) -> ForwardPass {
    ForwardPass(
      mode: mode, inputs: inputs, outputs: outputs, saved: saved, scratch: scratch, packed: packed,
      method: method, seed: seed)
  }
}

extension MutableTensorView {
  /// Copies a tensor of the same shape, turning it into this view's layout.
  func copy(_ source: TensorView) {
    guard source.layout != layout, !Layout.coincide(shape) else {
      base.update(from: source.base, count: count)
      return
    }
    LayoutConversion.convert(source, to: self)
  }
}

extension Tensor {
  /// A window for writing on a tensor that the session made its own.
  var unsafeWritableView: MutableTensorView {
    MutableTensorView(shape, UnsafeMutablePointer(mutating: unsafeView.base))
  }
}
