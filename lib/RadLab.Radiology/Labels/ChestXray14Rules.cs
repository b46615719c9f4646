namespace RadLab.Radiology;

/// <summary>The phrases of ChestX-ray14's labels. Seven mean what CheXpert's mean (<see cref="LabelMapping"/>); the others are these.</summary>
internal static class ChestXray14Rules
{
    public static readonly ObservationRules All = new("ChestX-ray14",
    [
        new("Atelectasis") { Findings = CheXpertRules.Collapse, Vetoes = CheXpertRules.NotCollapse },
        new("Cardiomegaly") { Findings = CheXpertRules.BigHeart, Organs = CheXpertRules.Heart, Vetoes = CheXpertRules.NotTheHeart },
        new("Effusion") { Findings = CheXpertRules.Effusion, Vetoes = CheXpertRules.NotPleural },
        new("Infiltration") { Findings = ["infiltrat*"] },
        new("Mass") { Findings = ["mass|masses"], Vetoes = ["mass effect", "body mass"] },
        new("Nodule") { Findings = ["nodule|nodules", "nodular lesion|lesions"], Vetoes = ["thyroid nodule|nodules"] },
        new("Pneumonia") { Findings = ["pneumonia|pneumonias", "bronchopneumonia", "pneumonic"] },
        new("Pneumothorax") { Findings = CheXpertRules.Pneumothorax },
        new("Consolidation") { Findings = CheXpertRules.Consolidation },
        new("Edema") { Findings = ["edema", "oedema", "edematous"], Vetoes = ["soft tissue|subcutaneous|brain|cerebral|bowel|leg|pedal|peripheral|marrow edema", "tissue edema"] },
        new("Emphysema") { Findings = ["emphysem*"], Vetoes = ["subcutaneous|soft|mediastinal|chest|surgical|interstitial tissue? wall? emphysema"] },
        new("Fibrosis") { Findings = ["fibrosis", "fibrotic", "fibroses"] },
        new("Pleural_Thickening") { Findings = ["pleural thickening|cap|caps|capping|scarring", "apical cap|capping|caps", "thickening of the? pleura", "pleural and|or|/ parenchymal|fissural thickening", "pleuroparenchymal thickening", "fissural thickening", "pleural - parenchymal thickening", "thickened pleura", "thickened pleural", "pleural reaction"] },
        new("Hernia") { Findings = ["hernia|hernias|herniation"], Vetoes = ["disc|disk herniation", "inguinal|umbilical|ventral|incisional|femoral hernia|hernias"] },
    ])
    {
        // the set is yes or no: Open-i's readers coded what was called probable, borderline or one of two alternatives, and did not code what was only possible
        Status = shade => shade switch
        {
            Shade.Present or Shade.Favoured => LabelStatus.Positive,
            Shade.Absent or Shade.NoNew => LabelStatus.Negative,
            _ => LabelStatus.Uncertain,
        },
    };
}
