extension Int {
  /// The product of counts that are not negative, or the largest number where that does not fit:
  /// estimates of work must not trap on sizes from a file.
  static func saturatingProduct(_ factors: Int...) -> Int { saturatingProduct(factors) }

  static func saturatingProduct(_ factors: [Int]) -> Int {
    var product = 1
    for factor in factors {
      let (next, overflow) = product.multipliedReportingOverflow(by: factor)
      guard !overflow else { return .max }
      product = next
    }
    return product
  }
}
