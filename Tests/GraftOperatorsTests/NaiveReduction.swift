import GraftTensor
import GraftTestSupport

/// Straight from ONNX's words: a list of numbers for each result, and a function of it.
func naiveReduction(
  _ example: OperatorCase, _ inputs: [DoubleTensor?], _ function: ([Double]) -> Double
) -> DoubleTensor {
  let x = inputs[0]!
  let given = example.ints("axes") ?? (inputs.count > 1 ? inputs[1]!.values.map { Int($0) } : [])
  let isNothing = example.int("noop_with_empty_axes", default: 0) != 0 && given.isEmpty
  let rank = x.shape.rank
  let axes = Set(
    given.isEmpty ? (isNothing ? [] : Array(0..<rank)) : given.map { ($0 + rank) % rank })
  let kept = Shape((0..<rank).map { axes.contains($0) ? 1 : x.shape[$0] })
  var lists = [[Double]](repeating: [], count: kept.elementCount)
  for (offset, index) in x.indices.enumerated() {
    let place = index.indices.reduce(0) {
      $0 + (axes.contains($1) ? 0 : index[$1]) * kept.strides[$1]
    }
    lists[place].append(x.values[offset])
  }
  let left = (0..<rank).filter { !axes.contains($0) }.map { kept[$0] }
  let shape = example.int("keepdims", default: 1) == 0 ? Shape(left) : kept
  return DoubleTensor(shape, lists.map(function))
}
