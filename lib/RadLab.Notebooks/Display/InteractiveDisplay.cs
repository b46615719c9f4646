using RadLab.Training;

namespace RadLab.Notebooks;

/// <summary>Charts that tell their values on a page.</summary>
public static class InteractiveDisplay
{
    /// <summary>The chart as HTML whose marks tell their values when pointed at. Needs no download; shows a still picture where scripts do not run.</summary>
    public static RawContent Interactive(this Chart chart)
    {
        ArgumentNullException.ThrowIfNull(chart);
        return new RawContent("text/html", chart.ToHtml());
    }
}
