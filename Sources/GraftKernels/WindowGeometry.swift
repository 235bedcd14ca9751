/// A window sliding over the pixels of an image, every number resolved: what the kernels of
/// convolutions and pools walk by. Numbers are pixels.
///
/// Output pixel `(y, x)` sees the input pixels
/// `(y · strideHeight − padTop + i · dilationHeight, x · strideWidth − padLeft + j · dilationWidth)`
/// for `i < kernelHeight`, `j < kernelWidth`; those outside the image are padding.
package struct WindowGeometry: Hashable, Sendable {
  package var inputHeight: Int
  package var inputWidth: Int
  package var outputHeight: Int
  package var outputWidth: Int
  package var kernelHeight: Int
  package var kernelWidth: Int
  package var strideHeight = 1
  package var strideWidth = 1
  package var dilationHeight = 1
  package var dilationWidth = 1
  package var padTop = 0
  package var padLeft = 0
  package var padBottom = 0
  package var padRight = 0

  package init(
    inputHeight: Int, inputWidth: Int, outputHeight: Int, outputWidth: Int,
    kernelHeight: Int, kernelWidth: Int
  ) {
    self.inputHeight = inputHeight
    self.inputWidth = inputWidth
    self.outputHeight = outputHeight
    self.outputWidth = outputWidth
    self.kernelHeight = kernelHeight
    self.kernelWidth = kernelWidth
  }

  /// Elements of the kernel.
  package var taps: Int { kernelHeight * kernelWidth }
  package var inputArea: Int { inputHeight * inputWidth }
  package var outputArea: Int { outputHeight * outputWidth }

  /// True where every output pixel sees exactly the input pixel at its own place.
  package var isPointwise: Bool {
    taps == 1 && strideHeight == 1 && strideWidth == 1
      && padTop == 0 && padLeft == 0 && inputHeight == outputHeight && inputWidth == outputWidth
  }

  /// The kernel rows `i` whose pixels lie inside the image, for output row `y`.
  @inlinable
  package func kernelRows(atOutputRow y: Int) -> Range<Int> {
    Self.inside(
      start: y * strideHeight - padTop, dilation: dilationHeight, kernel: kernelHeight,
      extent: inputHeight)
  }

  /// The kernel columns `j` whose pixels lie inside the image, for output column `x`.
  @inlinable
  package func kernelColumns(atOutputColumn x: Int) -> Range<Int> {
    Self.inside(
      start: x * strideWidth - padLeft, dilation: dilationWidth, kernel: kernelWidth,
      extent: inputWidth)
  }

  @usableFromInline
  package static func inside(start: Int, dilation: Int, kernel: Int, extent: Int) -> Range<Int> {
    let first = start >= 0 ? 0 : (-start + dilation - 1) / dilation
    let end = start >= extent ? 0 : (extent - start + dilation - 1) / dilation
    let upper = max(0, min(kernel, end))
    return min(first, upper)..<upper
  }
}
