public import GraftGraph

extension OperatorRegistry {
  /// graft's own operators, one line per file in `Operators`, in the order of their names.
  public static let standard = OperatorRegistry([
    Add.self,
    Cast.self,
    Clip.self,
    Concat.self,
    ConstantOperator.self,
    ConstantOfShape.self,
    Conv.self,
    Div.self,
    Flatten.self,
    Gather.self,
    Gemm.self,
    HardSigmoid.self,
    HardSwish.self,
    Identity.self,
    LeakyRelu.self,
    MatMul.self,
    Mul.self,
    PRelu.self,
    Pad.self,
    Relu.self,
    Reshape.self,
    ShapeOperator.self,
    Sigmoid.self,
    Slice.self,
    Squeeze.self,
    Sub.self,
    Sum.self,
    Tanh.self,
    Transpose.self,
    Unsqueeze.self,
  ])
}
