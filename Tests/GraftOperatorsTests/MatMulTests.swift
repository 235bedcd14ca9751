import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport
import Testing

@Suite struct MatMulTests {
  static let cases: [OperatorCase] = [
    .init("matrices", inputs: [.activation([2, 3]), .parameter([3, 4])]),
    .init("one matrix for all", inputs: [.activation([2, 5, 3]), .parameter([3, 4])]),
    .init("rank 4", inputs: [.activation([2, 3, 4, 5]), .activation([2, 3, 5, 2], seed: 9)]),
    .init("stacks", inputs: [.activation([3, 2, 4]), .activation([3, 4, 5], seed: 9)]),
    .init("A repeated", inputs: [.activation([2, 4]), .parameter([3, 4, 5])]),
    .init("both repeated", inputs: [.activation([2, 1, 3, 4]), .activation([5, 4, 2], seed: 9)]),
    .init(
      "stacks repeated crosswise",
      inputs: [.activation([2, 1, 3, 5]), .activation([1, 3, 5, 2], seed: 9)]),
    .init("one of everything", inputs: [.activation([1, 1]), .parameter([1, 1])]),
    .init("one row, one column", inputs: [.activation([3, 1, 7]), .parameter([7, 1])]),
    .init("large", inputs: [.activation([3, 33, 65]), .parameter([65, 47])]),
    .init(
      "B a vector, stack of rank 4",
      inputs: [.activation([2, 3, 1, 5]), .activation([5], seed: 9)]),
    .init("A a vector", inputs: [.activation([4]), .parameter([4, 5])]),
    .init("A a vector, stack", inputs: [.activation([4]), .parameter([3, 4, 5])]),
    .init("B a vector", inputs: [.activation([2, 3, 4]), .parameter([4])]),
    .init("two vectors", inputs: [.activation([4]), .parameter([4])]),
    .init("opset 1", opset: 1, inputs: [.activation([2, 3]), .parameter([3, 4])]),
    .init("nothing", inputs: [.activation([0, 3]), .parameter([3, 4])]),
  ]

  @Test(arguments: cases) func contract(_ example: OperatorCase) throws {
    try checkOperator(MatMul.self, example) { [Self.naive($1[0]!, $1[1]!)] }
  }

  /// NumPy's rule, by gathering one element after the other.
  static func naive(_ a: DoubleTensor, _ b: DoubleTensor) -> DoubleTensor {
    let one = a.shape.rank == 1 ? DoubleTensor(Shape([1] + a.shape.dimensions), a.values) : a
    let two = b.shape.rank == 1 ? DoubleTensor(Shape(b.shape.dimensions + [1]), b.values) : b
    let rank = max(one.shape.rank, two.shape.rank)
    func extended(_ tensor: DoubleTensor) -> DoubleTensor {
      let ones = [Int](repeating: 1, count: rank - tensor.shape.rank)
      return DoubleTensor(Shape(ones + tensor.shape.dimensions), tensor.values)
    }
    let (x, y) = (extended(one), extended(two))
    let leading = (0..<rank - 2).map { x.shape[$0] == 1 ? y.shape[$0] : x.shape[$0] }
    var out = DoubleTensor(zeros: Shape(leading + [x.shape[rank - 2], y.shape[rank - 1]]))
    for place in out.indices {
      var (atX, atY) = (place, place)
      for axis in 0..<rank - 2 {
        if x.shape[axis] == 1 { atX[axis] = 0 }
        if y.shape[axis] == 1 { atY[axis] = 0 }
      }
      var sum = 0.0
      for k in 0..<x.shape[rank - 1] {
        atX[rank - 1] = k
        atY[rank - 2] = k
        sum += x[at: atX] * y[at: atY]
      }
      out[at: place] = sum
    }
    var dimensions = out.shape.dimensions
    if b.shape.rank == 1 { dimensions.removeLast() }
    if a.shape.rank == 1 { dimensions.remove(at: dimensions.count - (b.shape.rank == 1 ? 1 : 2)) }
    return DoubleTensor(Shape(dimensions), out.values)
  }

  static let refusals: [(shapes: [Shape], message: String)] = [
    ([[2, 3], [4, 5]], "A [2, 3] has 3 columns; B [4, 5] has 4 rows"),
    ([[], [4, 5]], "A has shape [] and B [4, 5]; MatMul takes no scalars"),
    ([[2, 3, 4], [3, 4, 5]], "the stacks A [2, 3, 4] and B [3, 4, 5] do not broadcast"),
    ([[2, 3]], "MatMul has 1 inputs; expected A and B"),
  ]

  @Test(arguments: refusals.indices) func refuses(_ index: Int) {
    let (shapes, message) = Self.refusals[index]
    #expect(throws: ShapeError(message)) { try MatMul().outputShapes(for: shapes) }
  }

  @Test func countsOperations() {
    let count = MatMul().floatingPointOperations(for: [[7, 2, 3], [3, 5]], outputs: [[7, 2, 5]])
    #expect(count == 420)
  }
}
