import Graft
import GraftOperators

/// Apart from the tests, where names of layers and of operators would meet.
func imported(_ model: ONNXModel) throws -> Graph {
  try Graph(importing: model, registry: .standard)
}
