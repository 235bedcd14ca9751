internal import CGraftKernels
internal import COpenBLAS

/// Arithmetic on pointers and counts. Nothing here allocates or can fail.
package enum Kernels {}

extension Kernels {
  /// Product of row-major matrices: `C[m, n] = alpha · op(A)[m, k] · op(B)[k, n] + beta · C`.
  ///
  /// `op(A)` is `A`, or its transpose, in which case `A` lies as `[k, m]`; likewise `B`. A leading
  /// dimension is the distance between rows as they lie in memory; by default the rows touch. Where
  /// `beta` is 0, `C` may be uninitialised.
  package static func gemm(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>,
    m: Int, n: Int, k: Int,
    transposeA: Bool = false, transposeB: Bool = false,
    alpha: Float = 1, beta: Float = 0,
    leadingA: Int? = nil, leadingB: Int? = nil, leadingC: Int? = nil
  ) {
    let product = Product(
      a: a, b: b, c: c, k: k, transposeA: transposeA, transposeB: transposeB,
      alpha: alpha, beta: beta,
      leadingA: leadingA ?? (transposeA ? m : k), leadingB: leadingB ?? (transposeB ? k : n),
      leadingC: leadingC ?? n)
    product.compute(m: m, n: n)
  }
}

/// The operands of one product, of which blocks are computed side by side.
private struct Product {
  let a: UnsafePointer<Float>
  let b: UnsafePointer<Float>
  let c: UnsafeMutablePointer<Float>
  let k: Int
  let transposeA: Bool
  let transposeB: Bool
  let alpha: Float
  let beta: Float
  let leadingA: Int
  let leadingB: Int
  let leadingC: Int

  /// Products below this many multiplications are not worth waking a thread.
  private static let smallest = 1 << 18
  /// Every block packs its operands again, so blocks are few and large: at most this many.
  private static let blocks = 8
  /// OpenBLAS has its own threads; two pools would starve one another.
  private static let singleThreaded: Void = openblas_set_num_threads(1)

  func compute(m: Int, n: Int) {
    guard m > 0, n > 0 else { return }
    if m <= Self.fewRows, transposeB, !transposeA { return matrixVector(m: m, n: n) }
    _ = Self.singleThreaded
    guard m * n * max(k, 1) > Self.smallest else {
      return block(rows: 0..<m, columns: 0..<n)
    }
    // Cut the longer side, in multiples of 48 that suit the micro-kernels of every machine.
    let size = max(48, ((max(m, n) + Self.blocks - 1) / Self.blocks + 47) / 48 * 48)
    Parallel.forRanges(of: max(m, n), size: size) { range in
      if m >= n {
        block(rows: range, columns: 0..<n)
      } else {
        block(rows: 0..<m, columns: range)
      }
    }
  }

  /// So few rows are bound by reading B, at which a BLAS product reaches half the memory's speed.
  private static var fewRows: Int { graft_current_path() == GRAFT_PATH_AVX512 ? 8 : 4 }

  private func matrixVector(m: Int, n: Int) {
    // Ranges of about a million weights.
    let size = max(8, (1 << 20) / max(k, 1))
    Parallel.forRanges(of: n, size: min(size, max(8, (n + 15) / 16))) { columns in
      graft_matrix_vector(
        a, leadingA, b, leadingB, c, leadingC, m, columns.lowerBound, columns.upperBound, k,
        alpha, beta)
    }
  }

  private func block(rows: Range<Int>, columns: Range<Int>) {
    cblas_sgemm(
      CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
      Int32(rows.count), Int32(columns.count), Int32(k), alpha,
      a + rows.lowerBound * (transposeA ? 1 : leadingA), Int32(max(leadingA, 1)),
      b + columns.lowerBound * (transposeB ? leadingB : 1), Int32(max(leadingB, 1)), beta,
      c + rows.lowerBound * leadingC + columns.lowerBound, Int32(leadingC))
  }
}
