package import CONNX

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Memory for protobuf-c up to a limit; beyond it an allocation fails, which protobuf-c reports.
package final class UnpackBudget {
  package let limit: Int
  /// Bytes handed out and not yet given back.
  package private(set) var used = 0
  package private(set) var allocations = 0
  package private(set) var isExceeded = false
  /// The allocation, counted from 1, that fails although memory is left: for tests.
  private let failing: Int?

  package init(limit: Int, failing: Int? = nil) {
    self.limit = limit
    self.failing = failing
  }

  /// In front of each allocation stands its size; 16 bytes keep what follows aligned.
  private static let header = 16

  private func allocate(_ count: Int) -> UnsafeMutableRawPointer? {
    allocations += 1
    let (total, overflow) = used.addingReportingOverflow(count)
    guard !overflow, total <= limit, allocations != failing,
      let block = malloc(count + Self.header)
    else {
      isExceeded = true
      return nil
    }
    used = total
    block.storeBytes(of: count, as: Int.self)
    return block + Self.header
  }

  private func release(_ pointer: UnsafeMutableRawPointer) {
    let block = pointer - Self.header
    used -= block.load(as: Int.self)
    free(block)
  }

  /// Calls `body` with an allocator that draws on this budget.
  package func withAllocator<R, E: Error>(
    _ body: (UnsafeMutablePointer<ProtobufCAllocator>) throws(E) -> R
  ) throws(E) -> R {
    var allocator = ProtobufCAllocator(
      alloc: { data, count in
        Unmanaged<UnpackBudget>.fromOpaque(data!).takeUnretainedValue().allocate(count)
      },
      free: { data, pointer in
        guard let pointer else { return }
        Unmanaged<UnpackBudget>.fromOpaque(data!).takeUnretainedValue().release(pointer)
      },
      allocator_data: Unmanaged.passUnretained(self).toOpaque())
    defer { withExtendedLifetime(self) {} }
    return try body(&allocator)
  }
}
