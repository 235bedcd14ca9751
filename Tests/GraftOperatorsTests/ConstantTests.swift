import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import Testing

@Suite struct ConstantTests {
  private func value(_ attributes: [String: ONNXAttribute.Value]) throws -> [Constant]? {
    try FileNode(attributes).read(ConstantOperator.self).fold([])
  }

  @Test func readsEveryKindOfValue() throws {
    #expect(try value(["value_float": .float(0.5)]) == [.floats([], [0.5])])
    #expect(try value(["value_floats": .floats([1, 2])]) == [.floats([2], [1, 2])])
    #expect(try value(["value_int": .int(3)]) == [.integers([], [3])])
    #expect(try value(["value_ints": .ints([3, 4])]) == [.ints(3, 4)])
    let tensor = ONNXTensor(name: "shape", dimensions: [2, 1], ints: [-1, 2])
    #expect(try value(["value": .tensor(tensor)]) == [.integers([2, 1], [-1, 2])])
  }

  @Test func refusesOtherValues() {
    let message =
      "Constant has none of the attributes that graft reads: value, value_float, value_floats, "
      + "value_int, value_ints"
    #expect(FileNode().refusal(ConstantOperator.self) == message)
    #expect(FileNode(["value_string": .string("x")]).refusal(ConstantOperator.self) == message)
    #expect(
      FileNode(["value_ints": .int(1)]).refusal(ConstantOperator.self)
        == "attribute value_ints is an int; expected a list of ints")
  }
}
