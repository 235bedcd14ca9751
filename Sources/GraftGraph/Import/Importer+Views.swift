import GraftONNX
import GraftTensor

// PyTorch's `as_strided` of a tensor that lies row by row is the tensor itself, but torch's dynamo
// exporter writes it as a Gather of all elements: the tensor is flattened, and an index is computed
// for each element of the batch. ConvNeXt has one, behind its pooling.

extension Importer {
  /// The value that a node passes on unchanged, number by number; nil for nodes that compute.
  func viewedValue(_ node: ONNXNode) -> String? {
    guard node.opType == "Gather", node.inputs.count == 2, node.outputs.count == 1,
      node.attributes.allSatisfy({ if case .int(0) = $0.value { $0.name == "axis" } else { false } }
      ),
      let source = flattened[node.inputs[0]], let value = values[source],
      !self.source.outputs.contains(where: { $0.name == node.outputs[0] }),
      let indices = values[node.inputs[1]]
    else { return nil }
    let isView = ProbeBatch.allCases.allSatisfy { batch in
      guard let indices = indices.foldingInput(batch).integers else { return false }
      return indices.dimensions == value.shape(batch).dimensions
        && indices.values.elementsEqual(indices.values.indices)
    }
    return isView ? source : nil
  }

  /// Remembers that a node lays a value out as a vector.
  mutating func noteFlattening(_ node: ONNXNode) {
    guard node.opType == "Reshape", let input = node.inputs.first, let output = node.outputs.first,
      let before = values[input], let after = values[output], before.isActivation
    else { return }
    let isFlat = ProbeBatch.allCases.allSatisfy { batch in
      after.shape(batch).dimensions == [before.shape(batch).elementCount]
    }
    if isFlat { flattened[output] = input }
  }
}
