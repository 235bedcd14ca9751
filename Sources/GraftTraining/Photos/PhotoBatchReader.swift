import GraftData
import GraftKernels
import GraftTensor
import Synchronization
import SystemPackage

/// What both sources of photos have in common: photos of one size, prepared ahead, written as the
/// network takes them.
final class PhotoBatchReader: Sendable {
  let store: PhotoStore
  let side: Int
  private let ahead: PhotosAhead

  /// - Parameter make: the picture of a photo in an epoch.
  init(
    _ store: PhotoStore, options: PhotoReadingOptions,
    make: @escaping @Sendable (PhotosAhead.Ticket) throws(DataError) -> Image
  ) throws(TrainingError) {
    do throws(DataError) {
      try store.preprocessing.validate()
    } catch {
      throw TrainingError(error.message, kind: .badSetting, hints: error.hints)
    }
    guard let side = store.preprocessing.crop else {
      throw TrainingError(
        "the preprocessing sets no crop, so that photos would differ in size; set a crop",
        kind: .badSetting)
    }
    guard options.threads > 0 else {
      throw TrainingError(
        "\(options.threads) threads to read photos; expected at least 1", kind: .badSetting)
    }
    self.store = store
    self.side = side
    ahead = PhotosAhead(threads: options.threads) { ticket in
      do throws(DataError) {
        return .success(try make(ticket))
      } catch {
        return .failure(error)
      }
    }
  }

  var sampleShape: Shape { [3, side, side] }

  func prefetch(_ indices: ArraySlice<Int>, epoch: Int?) {
    guard !indices.isEmpty else { return }
    ahead.ask(indices.map { PhotosAhead.Ticket(index: $0, epoch: epoch) })
  }

  func picture(_ index: Int, epoch: Int?) throws(TrainingError) -> Image {
    switch ahead.take(PhotosAhead.Ticket(index: index, epoch: epoch)) {
    case .success(let image): return image
    case .failure(let error): throw trainingError(error, index)
    }
  }

  /// Writes photos side by side; the first of the unreadable ones is reported.
  func read(
    _ indices: ArraySlice<Int>, epoch: Int?, into memory: UnsafeMutablePointer<Float>
  ) throws(TrainingError) {
    let indices = Array(indices)
    let size = sampleShape.elementCount
    let failures = Mutex<[Int: DataError]>([:])
    Parallel.run(indices.count) { row in
      switch ahead.take(PhotosAhead.Ticket(index: indices[row], epoch: epoch)) {
      case .success(let image):
        let slot = MutableTensorView(
          [1, 3, side, side], memory + row * size, layout: .channelsLast)
        store.preprocessing.normalize(image, into: slot)
      case .failure(let error): failures.withLock { $0[row] = error }
      }
    }
    if let first = failures.withLock({ $0.min { $0.key < $1.key } }) {
      throw trainingError(first.value, indices[first.key])
    }
  }

  private func trainingError(_ error: DataError, _ index: Int) -> TrainingError {
    let named = error.in(file: store.samples[index].path.displayName)
    return TrainingError(
      named.message, kind: error.kind == .system ? .system : .badData, hints: named.hints)
  }
}
