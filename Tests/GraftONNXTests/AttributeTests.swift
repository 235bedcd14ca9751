import GraftONNX
import Testing

struct AttributeTests {
  private func model(_ attribute: @escaping (inout Wire) -> Void) -> [UInt8] {
    modelBytes(graph: {
      $0.message(1) {
        $0.string(3, "n")
        $0.string(4, "Op")
        $0.message(5) {
          $0.string(1, "a")
          attribute(&$0)
        }
      }
    })
  }

  private func value(_ attribute: @escaping (inout Wire) -> Void) throws -> ONNXAttribute.Value {
    try #require(try read(model(attribute)).graph.nodes.last?.attributes.first?.value)
  }

  @Test func kinds() throws {
    let float = try value {
      $0.int(20, 1); $0.tag(2, 5); $0.raw(littleEndian(Float(0.5).bitPattern))
    }
    guard case .float(0.5) = float else { throw Failure() }
    guard
      case .int(-3) = try value({
        $0.int(20, 2); $0.int(3, -3)
      })
    else { throw Failure() }
    guard
      case .string("é\0") = try value({
        $0.int(20, 3); $0.string(4, "é\0")
      })
    else { throw Failure() }
    guard
      case .floats([1, 2]) = try value({
        $0.int(20, 6); $0.floats(7, [1, 2])
      })
    else { throw Failure() }
    guard
      case .ints([4, -5]) = try value({
        $0.int(20, 7); $0.int(8, 4); $0.int(8, -5)
      })
    else { throw Failure() }
    guard
      case .ints([4, -5]) = try value({
        $0.int(20, 7); $0.ints(8, [4, -5])
      })
    else { throw Failure() }
    guard
      case .strings(["a", ""]) = try value({
        $0.int(20, 8); $0.string(9, "a"); $0.string(9, "")
      })
    else { throw Failure() }
    guard
      case .other("GRAPH") = try value({
        $0.int(20, 5); $0.message(6) { _ in }
      })
    else { throw Failure() }
    // Files of proto3 leave zeros out, early ones the type.
    guard case .int(0) = try value({ $0.int(20, 2) }) else { throw Failure() }
    guard case .int(7) = try value({ $0.int(3, 7) }) else { throw Failure() }
  }

  struct Failure: Error {}

  @Test func refusals() {
    let label = "node 'n' (Op): attribute 'a'"
    #expect(
      refusal(
        model {
          $0.int(20, 1); $0.int(3, 7)
        })
        == "\(label) is declared FLOAT, but field 'i' holds a value; export the model again.")
    #expect(
      refusal(model { $0.int(20, 99) }) == "\(label) is of type 99; ONNX has types 1 to 14.")
    #expect(refusal(model { _ in }) == "\(label) has 0 values and no type; it needs one value.")
    #expect(
      refusal(model { $0.int(20, 4) })
        == "\(label) is declared TENSOR, but holds none; export the model again.")
    #expect(
      refusal(
        model {
          $0.int(20, 2); $0.string(21, "alpha")
        })
        == "\(label) refers to an attribute of a function, but stands in no function.")
    #expect(
      refusal(
        model {
          $0.int(20, 3); $0.data(4, [0xFF])
        })
        == "\(label) is not UTF-8; export the model again.")
    #expect(
      refusal(modelBytes(graph: { $0.message(1) { _ in } }))
        == "node 1 names no operator (op_type is empty); export it again.")
    #expect(
      refusal(modelBytes(graph: { $0.message(5) { $0.int(2, 1) } }))
        == "initializer 0 has no name; export it again.")
  }
}
