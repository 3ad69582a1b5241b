import PercussCapture
import PercussGATT

/// A capture that is written by hand: one controller that is central of one peripheral.
struct Script {
  static let peer: [UInt8] = [0x02, 0x11, 0x0A, 0x47, 0x2E, 0xC8]
  static let handle: UInt16 = 0x0040

  private(set) var file: [UInt8]
  private let writer: BTSnoopWriter
  /// Milliseconds between two packets.
  var step: Int64 = 1
  private var milliseconds: Int64 = 0
  var controller: UInt16 = 0
  var link = Self.handle

  init(_ layout: BTSnoopWriter.Layout = .monitor) {
    writer = BTSnoopWriter(layout)
    file = writer.header
  }

  mutating func packet(_ kind: PacketKind, _ direction: CaptureDirection, _ packet: [UInt8]) {
    milliseconds += step
    writer.append(
      packet.span.bytes, kind: kind, direction: direction, controller: controller,
      time: CaptureInstant(microseconds: milliseconds * 1000), to: &file)
  }

  mutating func event(_ code: UInt8, _ parameters: [UInt8]) {
    packet(.event, .received, [code, UInt8(parameters.count)] + parameters)
  }

  /// LE Connection Complete.
  mutating func connect(role: UInt8 = 0, interval: UInt16 = 24, peer: [UInt8] = Self.peer, status: UInt8 = 0) {
    event(
      0x3E, [1, status] + little(link) + [role, 1] + peer + little(interval) + little(0) + little(42) + [0])
  }

  mutating func disconnect(reason: UInt8 = 0x13) { event(0x05, [0] + little(link) + [reason]) }

  /// ACL data; `begins` is false for a continuation.
  mutating func acl(_ direction: CaptureDirection, _ data: [UInt8], begins: Bool = true) {
    let flags: UInt16 = begins ? (direction == .sent ? 0 : 0x2000) : 0x1000
    packet(.acl, direction, little(link | flags) + little(UInt16(data.count)) + data)
  }

  mutating func l2cap(_ direction: CaptureDirection, _ channel: UInt16, _ payload: [UInt8]) {
    acl(direction, little(UInt16(payload.count)) + little(channel) + payload)
  }

  /// ATT from the central, in hexadecimal digits.
  mutating func sent(_ pdu: String) { l2cap(.sent, 4, bytes(pdu)) }

  /// ATT from the peripheral.
  mutating func received(_ pdu: String) { l2cap(.received, 4, bytes(pdu)) }

  /// An SDU on a credit-based channel.
  mutating func sdu(_ direction: CaptureDirection, _ channel: UInt16, _ pdu: String) {
    let pdu = bytes(pdu)
    l2cap(direction, channel, little(UInt16(pdu.count)) + pdu)
  }

  /// Discovery of the Percuss Service whose declaration is at that handle, as BlueZ does it.
  mutating func discover(at start: UInt16 = 0x10) {
    let end = start + 17
    sent("10 0100 ffff 0028")
    received("11 14" + hex(little(start) + little(end) + BluetoothUUID.percussService.littleEndianBytes))
    var place = start + 1
    for characteristic in ServiceDescription.percuss.characteristics {
      sent("08" + hex(little(place) + little(end)) + "0328")
      received(
        "09 15"
          + hex(
            little(place) + [characteristic.properties.rawValue] + little(place + 1)
              + characteristic.uuid.littleEndianBytes))
      let isConfigured = !characteristic.properties.isDisjoint(with: [.notify, .indicate])
      if isConfigured {
        sent("04" + hex(little(place + 2) + little(place + 2)))
        received("05 01" + hex(little(place + 2)) + "0229")
      }
      place += isConfigured ? 3 : 2
    }
    sent("08" + hex(little(end) + little(end)) + "0328")
    received("01 08" + hex(little(end)) + "0a")
  }

  var result: Recorder { read(file).1 }
}

func little(_ number: UInt16) -> [UInt8] { [UInt8(number & 0xFF), UInt8(number >> 8)] }

/// Values of the golden vectors.
enum Sample {
  static let setSpeed = "13 07 00 6c 07 f4 01"
  static let stop = "10 08 00"
}
