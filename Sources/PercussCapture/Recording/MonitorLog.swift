internal import PercussGATT
public import PercussTime

/// The instants of a recording: monotonic ones go in, those of the capture come out.
public struct RecordingClock: Sendable {
  private let origin: MonotonicInstant
  private let start: CaptureInstant

  /// - Parameters:
  ///   - origin: an instant of the timeline.
  ///   - wall: what the wall clock said then. From there on it is not asked again, so that nothing is recorded before what came before it.
  public init(_ origin: MonotonicInstant, is wall: WallClockInstant) {
    self.origin = origin
    let (product, overflow) = wall.seconds.multipliedReportingOverflow(by: 1_000_000_000)
    start = CaptureInstant(nanoseconds: overflow ? 0 : product &+ wall.nanoseconds)
  }

  /// Virtual time: it begins at 1970-01-01 00:00, so that equal runs are equal bytes.
  public static let virtual = RecordingClock(.zero, is: WallClockInstant(seconds: 0))

  func instant(_ instant: MonotonicInstant) -> CaptureInstant {
    let (sum, overflow) = start.nanoseconds.addingReportingOverflow(origin.duration(to: instant).wholeNanoseconds)
    return CaptureInstant(nanoseconds: overflow ? start.nanoseconds : sum)
  }
}

/// The records of a capture as they are made, in the layout of the Linux monitor. No record is before the one in front of it.
public struct MonitorLog: Sendable {
  private let writer = BTSnoopWriter(.monitor)
  private let clock: RecordingClock
  private var last = CaptureInstant(nanoseconds: .min)
  /// What has been made and not taken.
  private(set) var bytes: [UInt8]
  /// How many records were made.
  private(set) var count = 0
  /// How many of them nobody took.
  var lost = 0

  /// A log that has begun with the header of its file.
  public init(clock: RecordingClock) {
    self.clock = clock
    bytes = writer.header
  }

  /// What was made since the last time.
  mutating func take() -> [UInt8] {
    defer { bytes.removeAll(keepingCapacity: true) }
    return bytes
  }

  mutating func append(
    _ packet: [UInt8], kind: PacketKind, direction: CaptureDirection, controller: UInt16, at instant: MonotonicInstant
  ) {
    last = max(last, clock.instant(instant))
    let isWritten = writer.append(
      unsafe packet.span.bytes, kind: kind, direction: direction, controller: controller, time: last,
      lost: UInt32(clamping: lost), to: &bytes)
    if isWritten { count += 1 }
  }

  /// A message of the kernel's monitor channel, with its own time.
  public mutating func append(
    _ packet: RawSpan, monitorOpcode opcode: UInt16, index: UInt16, time: WallClockInstant
  ) {
    let instant = RecordingClock(.zero, is: time).instant(.zero)
    let isWritten = writer.append(
      packet, monitorOpcode: opcode, index: index, time: instant, lost: UInt32(clamping: lost), to: &bytes)
    if isWritten { count += 1 }
  }

  /// A text for people, which btmon and Wireshark show (`HCI_MON_SYSTEM_NOTE`).
  public mutating func note(_ text: String, at instant: MonotonicInstant) {
    last = max(last, clock.instant(instant))
    let isWritten = writer.append(
      unsafe (Array(text.utf8) + [0]).span.bytes, monitorOpcode: 12, index: .max, time: last,
      lost: UInt32(clamping: lost),
      to: &bytes)
    if isWritten { count += 1 }
  }

  /// An adapter with that address is there from now on.
  mutating func controller(_ number: UInt16, _ address: CapturedAddress, at instant: MonotonicInstant) {
    let digits = Array("hci\(number)".utf8.prefix(8))
    // Type primary, bus virtual.
    let index = [0, 0] + address.littleEndianBytes + digits + [UInt8](repeating: 0, count: 8 - digits.count)
    append(index, kind: .controllerAdded, direction: .received, controller: number, at: instant)
    append([], kind: .controllerOpened, direction: .received, controller: number, at: instant)
  }
}

extension CapturedAddress {
  /// As HCI has it.
  var littleEndianBytes: [UInt8] { (0..<6).map { UInt8(truncatingIfNeeded: number >> UInt64(8 &* $0)) } }
}
