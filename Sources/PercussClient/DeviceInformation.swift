internal import PercussGATT
internal import PercussLink

/// What the Device Information Service says about a device; `nil` where it has no such characteristic.
public struct DeviceInformation: Equatable, Sendable {
  /// Manufacturer Name String.
  public var manufacturer: String?
  /// Model Number String.
  public var model: String?
  /// Serial Number String.
  public var serialNumber: String?
  /// Firmware Revision String.
  public var firmware: String?
  /// Hardware Revision String.
  public var hardware: String?
}

extension Device {
  /// Reads the Device Information Service.
  public func information() async throws(DeviceError) -> DeviceInformation {
    DeviceInformation(
      manufacturer: try await text(.manufacturerName), model: try await text(.modelNumber),
      serialNumber: try await text(.serialNumber), firmware: try await text(.firmwareRevision),
      hardware: try await text(.hardwareRevision))
  }

  private func text(_ characteristic: BluetoothUUID) async throws(DeviceError) -> String? {
    do throws(LinkError) {
      // A byte that is no UTF-8 becomes a replacement character.
      return String(decoding: try await link.read(characteristic), as: UTF8.self)
    } catch {
      switch error {
      case .noSuchCharacteristic, .attribute: return nil
      default: throw DeviceError(link: error, during: "reading the device information")
      }
    }
  }
}
