import GraftGraph
import GraftTensor

/// The memory from which the views of a session are made.
struct SessionMemory {
  let arena: UnsafeMutablePointer<Float>
  /// The arenas of single images, one behind the other.
  var images: UnsafeMutablePointer<Float>
  let packed: UnsafeMutablePointer<Float>
  var scratch: UnsafeMutablePointer<Float>
  let weights: [String: Tensor]
  let gradients: GradientStore
}

/// The calls of a plan for one batch size, with every view made: nothing is allocated in a step.
final class Binding {
  /// Where the images of the batch are written; nil where each is written when its turn comes.
  let input: MutableTensorView?
  let output: TensorView
  let outputGradient: MutableTensorView?
  /// Nothing for steps through which images go one by one.
  let forward: [ForwardPass?]
  /// The same in inference mode, which a training session can run too.
  let inference: [ForwardPass?]
  /// The first steps, image by image.
  let images: [ImageBinding]
  /// How many images each thread takes, one after the other. What is then left of the batch is
  /// computed by all threads, image by image.
  let imagesPerWorker: Int
  /// Nil for steps that no gradient passes.
  let backward: [BackwardPass?]
  /// Gradients to clear before the backward of each step.
  let cleared: [[MutableTensorView]]

  init(_ plan: Plan, batch: Int, memory: SessionMemory) {
    let views = BindingViews(plan: plan, batch: batch, memory: memory)
    input = plan.imageSteps > 0 ? nil : views.value(plan.inputValue)
    output = views.value(plan.outputValue).readOnly
    outputGradient = views.gradient(plan.outputValue)
    func passes(_ mode: Mode) -> [ForwardPass?] {
      plan.steps.enumerated().map { index, step in
        index < plan.imageSteps ? nil : views.forwardPass(step, mode: mode)
      }
    }
    forward = passes(plan.mode)
    inference = plan.mode == .inference ? forward : passes(.inference)
    let perWorker = plan.imageSteps > 0 ? batch / plan.imageWorkers : 0
    imagesPerWorker = perWorker
    let scratchFloats = plan.imageScratchFloats
    images = (0..<(plan.imageSteps > 0 ? batch : 0)).map { image in
      let worker = image < perWorker * plan.imageWorkers ? image / perWorker : 0
      var own = memory
      own.images += worker * plan.imageArenaFloats
      own.scratch += worker * scratchFloats
      return ImageBinding(
        plan, BindingViews(plan: plan, batch: 1, memory: own, firstImage: image))
    }
    backward = plan.steps.map(views.backwardPass)
    cleared = plan.steps.map { step in
      step.beginsGradients ? [] : step.clearedGradients.compactMap(views.gradient)
    }
  }
}

/// The first steps of a plan for one image of a batch.
struct ImageBinding {
  let input: MutableTensorView
  let passes: [ForwardPass]

  fileprivate init(_ plan: Plan, _ views: BindingViews) {
    input = views.value(plan.inputValue)
    passes = plan.steps.prefix(plan.imageSteps).map { views.forwardPass($0, mode: .inference) }
  }
}

/// Makes the views of one batch size, or of one image of a batch.
private struct BindingViews {
  let plan: Plan
  let batch: Int
  let memory: SessionMemory
  /// The place of the first image in the session's batch.
  var firstImage = 0

  func value(_ index: Int, layout: Layout? = nil) -> MutableTensorView {
    let value = plan.values[index]
    let shape = plan.shape(of: index, batch: batch)
    let base = value.isOfOneImage ? memory.images : memory.arena + firstImage * shape.elementCount
    return MutableTensorView(shape, base + value.offset, layout: layout ?? value.layout)
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
    guard values[index].isOfBatch else { return shape }
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

  /// The largest working memory of any step, or of the steps for single images on all threads.
  func scratchFloats(batch: Int) -> Int {
    let together = steps.dropFirst(imageSteps).map { step in
      let memory = memory(of: step, batch: batch)
      return max(memory.scratchFloats, step.isDifferentiated ? memory.backwardScratchFloats : 0)
    }
    return max(together.max() ?? 0, imageWorkers * imageScratchFloats)
  }

  /// The largest working memory of any step for single images.
  var imageScratchFloats: Int {
    let floats = steps.prefix(imageSteps).map { memory(of: $0, batch: 1).scratchFloats }
    return Arena.aligned(floats.max() ?? 0)
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
