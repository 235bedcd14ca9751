import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor
import GraftTestSupport

extension ModelBuilder {
  /// A network of one input `[N, 3, 4, 4]` called `x`.
  static func images(opset: Int = 17, irVersion: Int = 8) -> ModelBuilder {
    var builder = ModelBuilder(opset: opset, irVersion: irVersion)
    builder.input("x", [-1, 3, 4, 4])
    return builder
  }

  func graph(_ options: ImportOptions = .init()) throws(GraphError) -> Graph {
    try Graph(importing: model, registry: .standard, options: options)
  }

  /// What the importer says against the network; nil where it takes it.
  func refusal(_ options: ImportOptions = .init()) -> String? {
    do throws(GraphError) {
      _ = try graph(options)
      return nil
    } catch {
      return error.message
    }
  }
}
