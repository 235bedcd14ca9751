import GraftTensor
import Testing

@Suite struct ShapeTests {
  @Test func countsElements() {
    #expect(Shape([2, 3, 4]).elementCount == 24)
    #expect(Shape([]).elementCount == 1)
    #expect(Shape([3, 0, 5]).elementCount == 0)
    #expect(Shape([7, 3, 4]).elementCountPerImage == 12)
    #expect(Shape([7]).elementCountPerImage == 1)
  }

  @Test func replacesTheBatch() {
    #expect(Shape([1, 3, 8, 8]).withBatch(5) == [5, 3, 8, 8])
  }

  @Test func stridesAreRowMajor() {
    #expect(Shape([2, 3, 4]).strides == [12, 4, 1])
    #expect(Shape([5]).strides == [1])
    #expect(Shape([]).strides == [])
  }

  @Test func countsNumbersFromFilesWithCare() {
    #expect(Shape.checkedElementCount([2, 3]) == 6)
    #expect(Shape.checkedElementCount([]) == 1)
    #expect(Shape.checkedElementCount([2, -1]) == nil)
    #expect(Shape.checkedElementCount([1 << 32, 1 << 32]) == nil)
  }

  @Test func isWrittenLikeAList() { #expect("\(Shape([1, 3, 224, 224]))" == "[1, 3, 224, 224]") }
}

@Suite struct LayoutTests {
  @Test func channelsLastMovesTheChannelsOfImages() {
    #expect(Layout.channelsLast.axes(rank: 4) == [0, 2, 3, 1])
    #expect(Layout.channelsFirst.axes(rank: 4) == [0, 1, 2, 3])
    #expect(Layout.channelsLast.axes(rank: 2) == [0, 1])
  }

  @Test func stridesFollowTheLayout() {
    #expect(Layout.strides([2, 3, 4, 5], .channelsFirst) == [60, 20, 5, 1])
    #expect(Layout.strides([2, 3, 4, 5], .channelsLast) == [60, 1, 15, 3])
    #expect(Layout.strides([2, 3], .channelsLast) == [3, 1])
  }

  @Test func coincidesForOneChannelOrOnePixel() {
    #expect(Layout.coincide([2, 1, 4, 5]))
    #expect(Layout.coincide([2, 3, 1, 1]))
    #expect(Layout.coincide([2, 3, 4]))
    #expect(!Layout.coincide([2, 3, 1, 2]))
  }

  @Test func viewsKnowTheirMemoryOrder() {
    var tensor = Tensor([2, 3, 4, 5])
    let base = tensor.unsafeMutableView().base
    let view = MutableTensorView([2, 3, 4, 5], base, layout: .channelsLast)
    #expect(view.memoryShape == [2, 4, 5, 3])
    #expect((0..<4).map(view.memoryAxis) == [0, 3, 1, 2])
    #expect(view.strides == [60, 1, 15, 3])
    #expect(view.readOnly.layout == .channelsLast)
    #expect(TensorView([2, 60], base, layout: .channelsLast).layout == .channelsFirst)
    withExtendedLifetime(tensor) {}
  }
}
