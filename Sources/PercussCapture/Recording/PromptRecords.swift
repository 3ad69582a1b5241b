internal import PercussTime
internal import Synchronization

/// Commands that a prompt writer has sent, until the timeline records them: a ring of places, each made beforehand.
///
/// Whoever sends neither waits nor allocates: without room, or while another sends too, the command is sent and only counted here.
///
/// `@unchecked Sendable`: a place is written by the one sender that has `isSending`, before `written` counts it, and read by the timeline before
/// `read` counts it.
@safe final class PromptRecords: @unchecked Sendable {
  /// How many commands wait at most; the timeline looks ten times a second.
  static let capacity = 256
  /// The longest value: what an attribute can hold.
  static let longest = 512

  private struct Place {
    var instant = MonotonicInstant.zero
    var lane = 0
    var count = 0
  }

  private let places: UnsafeMutableBufferPointer<Place>
  private let values: UnsafeMutableRawBufferPointer
  private let written = Atomic<Int>(0)
  private let read = Atomic<Int>(0)
  private let isSending = Atomic<Bool>(false)
  private let missed = Atomic<Int>(0)

  init() {
    unsafe places = .allocate(capacity: Self.capacity)
    unsafe places.initialize(repeating: Place())
    unsafe values = .allocate(byteCount: Self.capacity * Self.longest, alignment: 1)
  }

  deinit {
    unsafe places.deallocate()
    unsafe values.deallocate()
  }

  /// A command was sent. From any thread.
  ///
  /// - Parameter lane: which writer it came from.
  func add(_ value: [UInt8], lane: Int, at instant: MonotonicInstant) {
    guard isSending.exchange(true, ordering: .acquiring) == false else {
      missed.add(1, ordering: .relaxed)
      return
    }
    defer { isSending.store(false, ordering: .releasing) }
    let next = written.load(ordering: .relaxed)
    guard value.count <= Self.longest, next - read.load(ordering: .acquiring) < Self.capacity else {
      missed.add(1, ordering: .relaxed)
      return
    }
    let index = next % Self.capacity
    unsafe places[index] = Place(instant: instant, lane: lane, count: value.count)
    unsafe value.withUnsafeBytes { bytes in
      let start = index * Self.longest
      unsafe values[start..<start + bytes.count].copyBytes(from: bytes)
    }
    written.store(next + 1, ordering: .releasing)
  }

  /// Hands over what was sent since the last time. By one caller at a time.
  ///
  /// - Returns: how many were not kept.
  func drain(_ body: (_ value: [UInt8], _ lane: Int, _ instant: MonotonicInstant) -> Void) -> Int {
    var next = read.load(ordering: .relaxed)
    while next < written.load(ordering: .acquiring) {
      let index = next % Self.capacity
      let place = unsafe places[index]
      let start = index * Self.longest
      body(unsafe Array(values[start..<start + place.count]), place.lane, place.instant)
      next += 1
      read.store(next, ordering: .releasing)
    }
    return missed.exchange(0, ordering: .relaxed)
  }
}
