using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using RadLab.Compute;

namespace RadLab.Tests;

/// <summary>
/// Hashes of result bits. The constants are the same for every instruction set: run these tests also with
/// DOTNET_EnableAVX512=0, DOTNET_EnableAVX2=0 and DOTNET_EnableHWIntrinsic=0. A constant may change only with the function.
/// </summary>
public sealed class InstructionSetTests
{
    [Theory]
    [InlineData("Exp", "6b3c2bca52f0be58034595e0d1a35177")]
    [InlineData("Log", "667146b9a5c3c37efff430d61700cc67")]
    [InlineData("Tanh", "a715ef0b8f43356b706577823b4256a1")]
    [InlineData("Sigmoid", "f4eaa96f3a0f046a3a71793b215e9769")]
    [InlineData("Erf", "1ec3d96a7ede7031961916337f00db4d")]
    public void Vector_functions_give_the_same_bits_on_every_instruction_set(string name, string expected)
    {
        Func<Vector512<float>, Vector512<float>> function = name switch
        {
            "Exp" => VectorMath.Exp,
            "Log" => VectorMath.Log,
            "Tanh" => VectorMath.Tanh,
            "Sigmoid" => VectorMath.Sigmoid,
            _ => VectorMath.Erf,
        };
        // Half over the useful range, half over all bit patterns: subnormals, infinities and NaN of every kind.
        var x = new float[20_000];
        for (int i = 0; i < x.Length; i++)
            x[i] = i < 10_000 ? (i - 5_000) * 0.02f : BitConverter.UInt32BitsToSingle((uint)i * 2654435769u);

        var y = new float[x.Length];
        for (int i = 0; i < x.Length; i += 16) function(Vector512.Create(x, i)).CopyTo(y, i);

        Assert.Equal(expected, Hash<float>(y));
    }

    [Theory]
    [InlineData("Exp", "e7128e9f227b6854c075d29d1efaf330")]
    [InlineData("Log", "ba2694284729cc9801d705ebef12652f")]
    [InlineData("Pow", "90a390ea89c302674965d209a8c73880")]
    [InlineData("Sin", "52bf0afbadf35d5603a67329035e300c")]
    [InlineData("Cos", "7153c500696e6a7fe12aa750fe28f1f6")]
    [InlineData("InverseNormal", "1de43d650d9bcbaa33e38bf30b9a5d20")]
    public void Double_functions_give_the_same_bits_on_every_instruction_set(string name, string expected)
    {
        Func<double, double> function = name switch
        {
            "Exp" => x => DoubleMath.Exp(x * 1500 - 750),
            "Log" => x => DoubleMath.Log(x * x * x * 1e6),
            "Pow" => x => DoubleMath.Pow(500_000, 1 - 2 * x),
            "Sin" => x => DoubleMath.Sin((x - 0.5) * 1e5),
            "Cos" => x => DoubleMath.Cos((x - 0.5) * 1e5),
            _ => DoubleMath.InverseNormal,
        };
        double[] y = [.. Enumerable.Range(0, 20_001).Select(i => function(i / 20_000.0))];
        Assert.Equal(expected, Hash<double>(y));
    }

    [Fact]
    public void Random_numbers_are_the_same_on_every_instruction_set()
    {
        var key = new RandomKey(1, 2, 3);
        var bits = new uint[10_000];
        var uniform = new float[10_000];
        var normal = new float[10_000];
        int[] order = [.. Enumerable.Range(0, 1_000)];
        key.Fill(bits, 7);
        key.FillUniform(uniform, 7);
        key.FillNormal(normal, 7);
        key.Shuffle(order.AsSpan());
        Assert.Equal("08acdf37edce1ef0a9f422299a91128b", Hash<uint>(bits));
        Assert.Equal("2127e5affbf87022723f478bec1358af", Hash<float>(uniform));
        Assert.Equal("8be82ef49c92a378823e8dff9b29b74a", Hash<float>(normal));
        Assert.Equal("bcbfb34b18fbcd2f7c6e7e1f52e8e6d4", Hash<int>(order));
    }

    private static string Hash<T>(T[] values) where T : unmanaged =>
        Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<T>(values)))[..32];
}
