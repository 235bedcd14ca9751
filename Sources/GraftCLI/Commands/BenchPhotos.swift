import Foundation
import Graft

extension Bench {
  /// `graft bench --photos <folder>`
  func timePhotos(in folder: FilePath) throws {
    let talk = runFlags.talk
    var bar = ProgressBar("timing", total: 100, isShown: !talk.isQuiet)
    let side = modelFlags.size ?? 224
    let result = try PhotoBenchmark(
      folder,
      .init(side: side, threads: Graft.threadCount, seconds: seconds, profiles: profile)
    ) { _, fraction in
      bar.update(min(Int(100 * fraction), 99))
      return Interruption.directive
    }
    bar.update(100)
    bar.finish()
    let line = PhotoBenchLine(result, side: side)
    if runFlags.json { return try Output.standard.json(line, isLine: true) }
    try show(line, result)
  }

  private func show(_ line: PhotoBenchLine, _ result: PhotoBenchmark) throws(GraftError) {
    let out = Output.standard
    for stage in result.stages {
      try out.line(
        stage.name.padding(toLength: 11, withPad: " ", startingAt: 0)
          + String(format: "%7.3f ms a photo", 1000 * stage.seconds))
    }
    try out.line(
      String(
        format: "%.2f photos/s  (%.2f–%.2f over %d runs)  %.3f ms of a processor for each",
        line.photosPerSecond, line.min, line.max, line.runs, line.processorMilliseconds))
    try out.line(
      "\(line.photos) photos of \(line.kibibytesOfFile) KiB to \(line.size) x \(line.size), "
        + "\(line.threads) threads, peak memory \(String(format: "%.0f", line.peakMegabytes)) MB")
    if result.isNoisy {
      runFlags.talk.warn(
        "other programs were busy meanwhile: fewer than three runs were undisturbed")
    }
  }
}

/// The line of `--json`, named as in other engines' scripts.
private struct PhotoBenchLine: Encodable {
  let what = "decode"
  let engine = "graft"
  let threads = Graft.threadCount
  let resize = true
  let size: Int
  let photos: Int
  let photosPerSecond: Double
  let min: Double
  let max: Double
  let runs: Int
  let dropped: Int
  let processorMilliseconds: Double
  let noisy: Bool
  let others: Double?
  let version = graftVersion
  let kibibytesOfFile: Int
  let peakMegabytes: Double
  let stages: [PhotoBenchmark.Stage]?

  private enum CodingKeys: String, CodingKey {
    case what, engine, threads, resize, size, photos, min, max, runs, dropped, noisy, others
    case version, stages
    case photosPerSecond = "img_s"
    case processorMilliseconds = "cpu_ms"
    case kibibytesOfFile = "kib_per_file"
    case peakMegabytes = "peak_rss_mb"
  }

  init(_ result: PhotoBenchmark, side: Int) {
    func rounded(_ number: Double) -> Double { (number * 1000).rounded() / 1000 }
    size = side
    photos = result.photoCount
    photosPerSecond = rounded(result.photosPerSecond)
    min = rounded(result.rates.min() ?? 0)
    max = rounded(result.rates.max() ?? 0)
    runs = result.rates.count
    dropped = result.droppedRuns
    processorMilliseconds = rounded(1000 * result.processorSeconds)
    noisy = result.isNoisy
    others = result.othersShare.map(rounded)
    kibibytesOfFile = result.bytesOfPhoto / 1024
    // Units of 2²⁰ bytes, as the other engines' scripts have it.
    peakMegabytes = rounded(Double(Graft.peakResidentBytes) / 1_048_576)
    stages = result.stages.isEmpty ? nil : result.stages
  }
}
