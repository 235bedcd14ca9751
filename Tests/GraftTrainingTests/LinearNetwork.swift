import GraftGraph
import GraftTensor
import GraftTraining

/// `Y = X·W + b` in plain loops: a network for testing the trainer without operators.
final class LinearNetwork: TrainableNetwork {
  let (inputs, outputs): (Int, Int)
  private var value: Tensor
  private var gradient: Tensor
  private var output = Tensor([1])
  private var outputGradients = Tensor([1])
  private var input: [Float] = []

  /// The rows of each training batch, and the first input of each row.
  private(set) var batchSizes: [Int] = []
  private(set) var seen: [Float] = []
  /// From this forward pass on, counted from 1, the logits are NaN.
  var failsAtForward = Int.max

  init(inputs: Int, outputs: Int, weights: [Float]? = nil) {
    (self.inputs, self.outputs) = (inputs, outputs)
    let count = (inputs + 1) * outputs
    value = Tensor([count], weights ?? Array(repeating: 0, count: count))
    gradient = Tensor([count])
  }

  var weights: [Float] { value.elements }
  func snapshot() -> [Float] { weights }

  var outputCount: Int { outputs }

  func infer(_ input: TensorView) -> TensorView {
    let judge = LinearNetwork(inputs: inputs, outputs: outputs, weights: weights)
    output = Tensor([input.shape[0], outputs], Array(judge.forward(input, seed: 0).elements))
    return output.unsafeView
  }

  func forward(_ input: TensorView, seed: UInt64) -> TensorView {
    let rows = input.shape[0]
    self.input = Array(input.elements)
    batchSizes.append(rows)
    seen += stride(from: 0, to: rows * inputs, by: inputs).map { self.input[$0] }
    let w = weights
    output = Tensor(
      [rows, outputs],
      (0..<rows * outputs).map { index in
        let (row, k) = (index / outputs, index % outputs)
        if batchSizes.count >= failsAtForward { return .nan }
        return (0..<inputs).reduce(w[inputs * outputs + k]) {
          $0 + self.input[row * inputs + $1] * w[$1 * outputs + k]
        }
      })
    outputGradients = Tensor([rows, outputs], repeating: .nan)
    return output.unsafeView
  }

  var outputGradient: MutableTensorView { outputGradients.unsafeMutableView() }

  func zeroGradients() {
    gradient.withUnsafeMutableElements { $0.update(repeating: 0) }
  }

  func backward() {
    let dy = outputGradients.elements
    gradient.withUnsafeMutableElements { dw in
      for row in 0..<dy.count / outputs {
        for k in 0..<outputs {
          for i in 0..<inputs {
            dw[i * outputs + k] += input[row * inputs + i] * dy[row * outputs + k]
          }
          dw[inputs * outputs + k] += dy[row * outputs + k]
        }
      }
    }
    output = Tensor([1])  // as a session may reuse the memory
  }

  var learnedParameters: [LearnedParameter] {
    [
      LearnedParameter(
        name: "weights", role: .weight, value: value.unsafeMutableView(),
        gradient: gradient.unsafeMutableView())
    ]
  }

  func parametersChanged() {}
}
