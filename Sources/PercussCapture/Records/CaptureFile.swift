internal import Glibc

/// A capture in a file, or one that comes through a pipe.
///
/// A regular file is mapped into memory and nothing of it is copied; at most 64 MiB of it are in memory on its account, and it must not be made shorter meanwhile. Everything else is read
/// as it comes, and kept only until the record is whole: at most ``CaptureReader/maximumBlockLength`` and one read of 256 KiB.
///
/// ```swift
/// let file = try CaptureFile("conversation.btsnoop")
/// try file.read { record, packet in
///   decoder.decode(record, packet, into: &observer)
///   return true
/// }
/// ```
@safe public struct CaptureFile: ~Copyable {
  /// Why a capture cannot be read at all, or not to its end.
  public enum Failure: Error, CustomStringConvertible {
    /// The system refuses the file.
    case unreadable(String)
    /// The file is wrong; what came before that place was read.
    case wrong(CaptureFileError)

    /// What happened.
    public var description: String {
      switch self {
      case .unreadable(let reason): "cannot be read: \(reason)"
      case .wrong(let error): error.description
      }
    }
  }

  /// Of a mapped file so much at a time is given back when it has been read, in bytes: a multiple of any page.
  @inlinable static var releasedLength: Int { 1 << 25 }

  private let descriptor: CInt
  private let isOwned: Bool
  /// The file in memory; nil where it cannot be mapped.
  @usableFromInline var mapping: UnsafeMutableRawPointer?
  @usableFromInline var length = 0

  /// Opens a file, or takes the standard input for `-`.
  ///
  /// - Throws: ``Failure/unreadable(_:)``.
  public init(_ path: String) throws(Failure) {
    isOwned = path != "-"
    descriptor = unsafe isOwned ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO
    unsafe mapping = nil
    guard descriptor >= 0 else { throw Self.unreadable(errno) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      let number = errno
      if isOwned { close(descriptor) }
      throw Self.unreadable(number)
    }
    // A file that is already read in part, such as a standard input, is read on from there.
    guard status.st_mode & S_IFMT == S_IFREG, status.st_size > 0, lseek(descriptor, 0, SEEK_CUR) == 0 else { return }
    guard let size = Int(exactly: status.st_size),
      let memory = unsafe mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), Int(bitPattern: memory) != -1
    else { return }
    unsafe madvise(memory, size, CInt(MADV_SEQUENTIAL))
    unsafe mapping = memory
    length = size
  }

  deinit {
    if let mapping = unsafe mapping { unsafe munmap(mapping, length) }
    if isOwned { close(descriptor) }
  }

  /// Hands every record and its packet to the closure, until that returns false.
  ///
  /// - Throws: ``Failure``, after all that is good has been handed over.
  @inlinable @inline(__always)
  public borrowing func read(_ body: (CaptureRecord, RawSpan) -> Bool) throws(Failure) {
    // The caller has this loop and what is done of most records in its own module: calls into another one were measured to take a fifth of the time.
    guard let mapping = unsafe mapping else { return try readStream(body) }
    do throws(CaptureFileError) {
      let bytes = unsafe UnsafeRawBufferPointer(start: mapping, count: length).bytes
      var reader = CaptureReader()
      var position = 0
      var released = 0
      while let record = try reader.next(in: bytes, at: &position, isLast: true) {
        guard body(record, bytes.extracting(record.data)) else { return }
        guard position &- released >= 2 &* Self.releasedLength else { continue }
        release(from: released)
        released &+= Self.releasedLength
      }
    } catch {
      throw .wrong(error)
    }
  }

  /// Gives pages back, so that a large file does not fill the memory; they would be read again where they were needed.
  @usableFromInline
  borrowing func release(from start: Int) {
    guard let mapping = unsafe mapping else { return }
    unsafe madvise(mapping + start, Self.releasedLength, CInt(MADV_DONTNEED))
  }

  @usableFromInline
  borrowing func readStream(_ body: (CaptureRecord, RawSpan) -> Bool) throws(Failure) {
    var reader = CaptureReader()
    var buffer: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 1 << 18)
    var isLast = false
    while !isLast {
      let count = unsafe Glibc.read(descriptor, &part, part.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw Self.unreadable(errno)
      }
      isLast = count == 0
      buffer += part[..<count]
      var position = 0
      do throws(CaptureFileError) {
        let bytes = unsafe buffer.span.bytes
        while let record = try reader.next(in: bytes, at: &position, isLast: isLast) {
          guard body(record, bytes.extracting(record.data)) else { return }
        }
      } catch {
        throw .wrong(error)
      }
      buffer.removeSubrange(..<position)
    }
  }

  private static func unreadable(_ number: CInt) -> Failure {
    .unreadable(number == EISDIR ? "it is a directory" : unsafe String(cString: strerror(number)).lowercased())
  }
}
