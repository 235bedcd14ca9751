import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport

/// Networks with random wiring: values of one shape that are convolved, normalised, added, joined,
/// read several times, and sent through memory in another layout.
func randomNetwork(seed: UInt64, length: Int = 14) throws(GraphError) -> Graph {
  var generator = SeededGenerator(seed, 99)
  var builder = ModelBuilder("random \(seed)")
  builder.input("image", [-1, 4, 6, 6])
  builder.integers("planes", [0, 4, 36])
  builder.integers("images", [0, 4, 6, 6])
  var values = ["image"]
  var unread: Set<String> = []
  func pick() -> String {
    // Late values more often, so that the network becomes deep and not only wide.
    let back = min(Int.random(in: 0..<3, using: &generator), values.count - 1)
    let index =
      Bool.random(using: &generator)
      ? values.count - 1 - back : Int.random(in: 0..<values.count, using: &generator)
    unread.remove(values[index])
    return values[index]
  }
  func add(_ name: String) {
    values.append(name)
    unread.insert(name)
  }
  for index in 0..<length {
    let name = "v\(index)"
    switch Int.random(in: 0..<11, using: &generator) {
    case 0, 1:
      builder.weights("\(name).w", [4, 4, 3, 3], in: -0.3...0.3, seed: seed)
      builder.weights("\(name).b", [4], seed: seed)
      builder.node("Conv", [pick(), "\(name).w", "\(name).b"], [name], ["pads": [1, 1, 1, 1]])
    case 2:
      builder.weights("\(name).w", [4, 4, 1, 1], seed: seed)
      builder.node("Conv", [pick(), "\(name).w"], [name])
    case 3:
      for (part, range) in [
        ("s", 0.5...1.5), ("b", -0.5...0.5), ("m", -0.5...0.5), ("v", 0.5...1.5),
      ]
        as [(String, ClosedRange<Float>)]
      {
        builder.weights("\(name).\(part)", [4], in: range, seed: seed)
      }
      builder.node(
        "BatchNormalization", [pick()] + ["s", "b", "m", "v"].map { "\(name).\($0)" }, [name])
    case 4: builder.node("Relu", [pick()], [name])
    case 5: builder.node("Sigmoid", [pick()], [name])
    case 6: builder.node("Add", [pick(), pick()], [name])
    case 7:
      builder.node(
        "MaxPool", [pick()], [name],
        ["kernel_shape": [3, 3], "strides": [1, 1], "pads": [1, 1, 1, 1]])
    case 8:
      builder.node("Concat", [pick(), pick()], ["\(name).both"], ["axis": 1])
      builder.weights("\(name).w", [4, 8, 1, 1], seed: seed)
      builder.node("Conv", ["\(name).both", "\(name).w"], [name])
    case 9:
      // As Keras computes: channels last, where the plan need not move anything.
      builder.weights("\(name).b", [4], seed: seed)
      builder.node("Transpose", [pick()], ["\(name).last"], ["perm": [0, 2, 3, 1]])
      builder.node("Add", ["\(name).last", "\(name).b"], ["\(name).sum"])
      builder.node("Transpose", ["\(name).sum"], [name], ["perm": [0, 3, 1, 2]])
    default:
      builder.node("Reshape", [pick(), "planes"], ["\(name).planes"])
      builder.node("Tanh", ["\(name).planes"], ["\(name).tanh"])
      builder.node("Reshape", ["\(name).tanh", "images"], [name])
    }
    add(name)
  }
  var sum = values[values.count - 1]
  unread.remove(sum)
  for (index, value) in unread.sorted().enumerated() {
    builder.node("Add", [sum, value], ["sum\(index)"])
    sum = "sum\(index)"
  }
  builder.node("GlobalAveragePool", [sum], ["pooled"])
  builder.node("Flatten", ["pooled"], ["flat"])
  builder.weights("fc.w", [3, 4], seed: seed)
  builder.weights("fc.b", [3], seed: seed)
  builder.node("Gemm", ["flat", "fc.w", "fc.b"], ["logits"], ["transB": 1])
  builder.output("logits", [-1, 3])
  return try Graph(importing: builder.model, registry: .standard)
}
