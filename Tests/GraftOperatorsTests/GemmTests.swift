import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct GemmTests {
  static let cases: [OperatorCase] = [
    .init("plain", inputs: [.activation([2, 3]), .parameter([3, 4])]),
    .init("one of everything", inputs: [.activation([1, 1]), .parameter([1, 1])]),
    .init(
      "fully connected", attributes: ["transB": 1],
      inputs: [.activation([2, 37]), .parameter([5, 37]), .parameter([5], seed: 5)]),
    .init(
      "fully connected, many rows", attributes: ["transB": 1],
      inputs: [.activation([9, 8]), .parameter([5, 8]), .parameter([1, 5], seed: 5)]),
    .init(
      "scaled", attributes: ["transB": 1, "alpha": 0.5, "beta": -2.0],
      inputs: [.activation([3, 4]), .parameter([5, 4]), .parameter([5], seed: 5)]),
    .init(
      "A transposed", attributes: ["transA": 1],
      inputs: [.activation([3, 2]), .parameter([3, 4]), .parameter([2, 4], seed: 5)]),
    .init(
      "both transposed", attributes: ["transA": 1, "transB": 1, "alpha": 1.5],
      inputs: [.activation([3, 6]), .parameter([4, 3]), .scalar(0.25)]),
    .init(
      "a column", inputs: [.activation([3, 4]), .parameter([4, 2]), .parameter([3, 1], seed: 5)]),
    .init(
      "no C counted", attributes: ["beta": 0.0],
      inputs: [.activation([3, 4]), .parameter([4, 2]), .parameter([2], seed: 5)]),
    .init(
      "old", opset: 6, attributes: ["broadcast": 1, "transB": 1],
      inputs: [.activation([2, 3]), .parameter([4, 3]), .parameter([4], seed: 5)]),
    .init(
      "one row", attributes: ["transB": 1],
      inputs: [.activation([1, 37]), .parameter([11, 37]), .parameter([11], seed: 5)]),
    .init(
      "one column", attributes: ["transB": 1],
      inputs: [.activation([5, 7]), .parameter([1, 7]), .parameter([1], seed: 5)]),
    .init(
      "a column, scaled", attributes: ["transA": 1, "beta": -0.5, "alpha": 2.0],
      inputs: [.activation([7, 5]), .parameter([7, 3]), .parameter([5, 1], seed: 5)]),
    .init(
      "one for all", attributes: ["transB": 1, "beta": 0.5],
      inputs: [.activation([3, 7]), .parameter([5, 7]), .parameter([1, 1], seed: 5)]),
    .init(
      "computed everywhere", attributes: ["transA": 1, "transB": 1],
      inputs: [
        .activation([7, 5]), .activation([3, 7], seed: 8), .activation([5, 3], seed: 9),
      ]),
    .init(
      "large", attributes: ["transB": 1],
      inputs: [.activation([33, 129]), .parameter([65, 129]), .parameter([65], seed: 5)]),
    .init("nothing", inputs: [.activation([0, 3]), .parameter([3, 4])]),
    .init(
      "no depth", inputs: [.activation([2, 0]), .parameter([0, 4]), .parameter([4], seed: 5)]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(Gemm.self, example) { example, inputs in
      let (a, b) = (inputs[0]!, inputs[1]!)
      let ta = example.int("transA", default: 0) != 0
      let tb = example.int("transB", default: 0) != 0
      let alpha = example.float("alpha", default: 1)
      let beta = example.float("beta", default: 1)
      let (m, k) = ta ? (a.shape[1], a.shape[0]) : (a.shape[0], a.shape[1])
      var y = DoubleTensor(zeros: [m, tb ? b.shape[0] : b.shape[1]])
      for place in y.indices {
        let (i, j) = (place[0], place[1])
        let sum = (0..<k).reduce(0.0) { (sum: Double, p: Int) -> Double in
          let x = ta ? a[p, i] : a[i, p]
          let y = tb ? b[j, p] : b[p, j]
          return sum + x * y
        }
        y[i, j] = alpha * sum
      }
      guard inputs.count > 2, let c = inputs[2] else { return [y] }
      return [.broadcast(y, c) { $0 + beta * $1 }]
    }
  }

  static let refusals: [(shapes: [Shape], message: String)] = [
    ([[2, 3, 4], [4, 5]], "A has shape [2, 3, 4] and B [4, 5]; expected two matrices"),
    ([[2, 3], [4, 5]], "A [2, 3] has 3 columns; B [4, 5] has 4 rows"),
    (
      [[2, 3], [3, 5], [2]], "C has shape [2]; expected one that broadcasts to [2, 5]"
    ),
    ([[2, 3]], "Gemm has 1 inputs; expected A, B and optionally C"),
  ]

  @Test(arguments: refusals.indices) func refuses(_ index: Int) {
    let (shapes, message) = Self.refusals[index]
    #expect(throws: ShapeError(message)) { try Gemm().outputShapes(for: shapes) }
  }

  @Test func saysWhatIsTransposed() {
    #expect(throws: ShapeError("A [2, 3] has 3 columns; B [3, 5] transposed has 5 rows")) {
      try Gemm(transB: true).outputShapes(for: [[2, 3], [3, 5]])
    }
  }

  @Test func namesTheRoles() {
    #expect(Gemm().role(ofInput: 1, shape: [4, 3]) == .weight)
    #expect(Gemm().role(ofInput: 2, shape: [4]) == .bias)
  }

  @Test func countsOperations() {
    let count = Gemm(transB: true).floatingPointOperations(
      for: [[2, 3], [5, 3]], outputs: [[2, 5]])
    #expect(count == 60)
  }
}
