import GraftGraph
import GraftTensor

/// How long the steps of a session took, added up over passes.
public struct StepTimes: Sendable {
  /// Seconds of the forward passes, step by step.
  public internal(set) var forward: [Double]
  /// Seconds of the backward passes, step by step.
  public internal(set) var backward: [Double]
  /// Forward passes that were timed.
  public internal(set) var passes = 0

  init(stepCount: Int) {
    forward = Array(repeating: 0, count: stepCount)
    backward = forward
  }
}

extension Plan {
  /// Bytes that a step reads and writes once, for the plan's batch: inputs, weights, outputs.
  public func bytes(of step: PlannedStep) -> Int {
    let read = step.inputs.reduce(0) { sum, input in
      switch input {
      case .value(let index, _): sum + values[index].shape.elementCount
      case .parameter(let name): sum + (graph.parameters[name]?.tensor.shape.elementCount ?? 0)
      }
    }
    let written = step.outputs.reduce(0) { $0 + values[$1].shape.elementCount }
    return (read + written) * MemoryLayout<Float>.stride
  }

  /// What backward computes in a step as multiples of its forward pass: one for the gradient of what
  /// it read, one for that of what it learns.
  public func backwardFactor(of step: PlannedStep) -> Int {
    guard step.isDifferentiated else { return 0 }
    var (ofInputs, ofParameters) = (0, 0)
    for input in step.inputs {
      switch input {
      case .value(let index, _): if values[index].gradientOffset != nil { ofInputs = 1 }
      case .parameter(let name):
        if let parameter = graph.parameters[name], learns(parameter) { ofParameters = 1 }
      }
    }
    return ofInputs + ofParameters
  }
}
