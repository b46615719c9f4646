using System.Globalization;

namespace RadLab.Compute;

public enum DeviceKind : byte { Cpu, Cuda }

/// <summary>Where a tensor's memory lies: <c>cpu</c> or <c>cuda:N</c>.</summary>
public readonly record struct Device(DeviceKind Kind, int Index)
{
    public static Device Cpu => new(DeviceKind.Cpu, 0);

    public static Device Cuda(int index) => new(DeviceKind.Cuda, index);

    public bool IsCuda => Kind == DeviceKind.Cuda;

    public override string ToString() => IsCuda ? string.Create(CultureInfo.InvariantCulture, $"cuda:{Index}") : "cpu";
}
