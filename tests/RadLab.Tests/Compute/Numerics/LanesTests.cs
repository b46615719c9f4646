using System.Runtime.Intrinsics;
using RadLab.Compute;

namespace RadLab.Tests;

public sealed class LanesTests
{
    [Fact]
    public void Four_sums_at_once_have_the_bits_of_the_tree()
    {
        float[] v = Make.Values(64, seed: 5, low: -1e6, high: 1e6);
        var four = Lanes.Sum(Vector512.Create(v, 0), Vector512.Create(v, 16), Vector512.Create(v, 32), Vector512.Create(v, 48));
        for (int i = 0; i < 4; i++)
        {
            // 16 -> 8 -> 4 -> 2 -> 1, upper half onto lower half
            float[] s = v[(16 * i)..(16 * i + 16)];
            for (int half = 8; half > 0; half /= 2)
                for (int l = 0; l < half; l++) s[l] += s[l + half];
            Assert.Equal(s[0], four.GetElement(i));
            Assert.Equal(s[0], Lanes.Sum(Vector512.Create(v, 16 * i)));
        }
    }
}
