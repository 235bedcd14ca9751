import GraftGraph
import GraftTensor

/// Moving the elements of constants about while importing, whatever they are.
extension Constant {
  var shape: Shape {
    switch self {
    case .floats(let tensor): tensor.shape
    case .integers(let tensor): Shape(tensor.dimensions)
    }
  }

  /// The same elements under another shape.
  ///
  /// - Precondition: the element counts agree.
  func reshaped(to shape: Shape) -> Constant {
    switch self {
    case .floats(let tensor): .floats(tensor.reshaped(to: shape))
    case .integers(let tensor):
      .integers(IntegerTensor(dimensions: shape.dimensions, values: tensor.values))
    }
  }

  /// A constant made of copies from others.
  ///
  /// - Precondition: at least one piece, all of one type, which together assign every element.
  init(assembling pieces: [(source: Constant, copy: StridedCopy)], to shape: Shape) {
    if case .floats = pieces[0].source {
      self = .floats(
        Tensor(unsafeUninitialized: shape) { target in
          for case (.floats(let source), let copy) in pieces {
            source.withUnsafeElements { elements in
              if let base = elements.baseAddress { copy.assign(from: base, to: target) }
            }
          }
        })
    } else {
      let values = [Int](unsafeUninitializedCapacity: shape.elementCount) { target, count in
        count = shape.elementCount
        for case (.integers(let source), let copy) in pieces {
          source.values.withUnsafeBufferPointer { elements in
            guard let base = elements.baseAddress, let target = target.baseAddress else { return }
            copy.assign(from: base, to: target)
          }
        }
      }
      self = .integers(IntegerTensor(dimensions: shape.dimensions, values: values))
    }
  }
}

extension FoldingInput {
  /// The constant, where the input is one.
  var constant: Constant? {
    if case .constant(let constant) = self { constant } else { nil }
  }
}
