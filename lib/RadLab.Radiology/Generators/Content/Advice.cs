namespace RadLab.Radiology;

/// <summary>What reports recommend. Sizes and intervals follow common practice for incidental findings; they are for text, not for care.</summary>
internal static class Advice
{
    public static readonly Wordings ChestFilmLater =
        ["Follow-up chest radiograph in 6 to 8 weeks is recommended to document resolution.", "Recommend repeat chest radiograph after treatment to confirm clearing.", "Radiographic follow-up to resolution is suggested.", "A repeat radiograph in 6-8 weeks is advised to ensure resolution."];

    public static readonly Wordings ChestCt =
        ["Chest CT is recommended for further evaluation.", "Recommend further evaluation with CT of the chest.", "Dedicated chest CT should be considered.", "Further characterization with chest CT is advised."];

    public static readonly Wordings NoFollowUp =
        ["No routine follow-up is needed.", "No follow-up is required if the patient is at low risk.", "No further imaging follow-up is necessary.", "This requires no dedicated follow-up."];

    public static readonly Wordings NoduleYear =
        ["Follow-up chest CT in 6 to 12 months is recommended.", "Recommend repeat CT of the chest in 6-12 months.", "CT follow-up at 6 to 12 months is suggested.", "Suggest low-dose chest CT in 6 to 12 months."];

    public static readonly Wordings NoduleSoon =
        ["Consider chest CT in 3 months, PET/CT or tissue sampling.", "Recommend PET/CT or tissue sampling, or repeat CT in 3 months.", "Short-interval CT in 3 months or PET/CT is recommended.", "Follow-up with CT at 3 months or PET/CT is advised."];

    public static readonly Wordings GroundGlass =
        ["CT in 6 to 12 months is recommended to confirm persistence.", "Recommend follow-up CT in 6-12 months, then every 2 years if it persists.", "Suggest repeat CT at 6 to 12 months."];

    public static readonly Wordings TissueSampling =
        ["Tissue sampling is recommended.", "Biopsy is recommended for diagnosis.", "Recommend tissue diagnosis.", "Further evaluation with biopsy should be considered."];

    public static readonly Wordings Oncology =
        ["Correlation with the oncologic history is recommended.", "Correlate with the patient's known malignancy.", "Comparison with outside staging studies would be helpful."];

    public static readonly Wordings LiverMr =
        ["Liver MRI with contrast is recommended for characterization.", "Recommend multiphase MRI of the liver.", "Further characterization with contrast-enhanced MRI is suggested."];

    public static readonly Wordings RenalMr =
        ["Renal protocol MRI or CT is recommended.", "Recommend dedicated renal mass protocol CT or MRI.", "Further evaluation with renal protocol imaging is advised."];

    public static readonly Wordings Urology =
        ["Urology consultation is recommended.", "Recommend urologic referral.", "Urologic evaluation is suggested."];

    public static readonly Wordings AdrenalCt =
        ["Adrenal protocol CT is recommended for characterization.", "Consider adrenal protocol CT or chemical shift MRI.", "Recommend biochemical evaluation and adrenal protocol CT."];

    public static readonly Wordings PancreaticMr =
        ["MRI with MRCP in 1 year is recommended.", "Recommend follow-up MRI/MRCP in 12 months.", "Surveillance with MRCP in one year is suggested."];

    public static readonly Wordings PancreaticEus =
        ["Endoscopic ultrasound is recommended.", "Recommend gastroenterology referral and endoscopic ultrasound.", "Further evaluation with EUS should be considered."];

    public static readonly Wordings PelvicUltrasound =
        ["Pelvic ultrasound is recommended for further evaluation.", "Recommend nonemergent pelvic ultrasound.", "Correlation with pelvic ultrasound is suggested."];

    public static readonly Wordings PelvicUltrasoundLater =
        ["Follow-up pelvic ultrasound in 6 to 12 weeks is recommended.", "Recommend pelvic ultrasound in 6-12 weeks to document resolution.", "Ultrasound follow-up in 6 to 12 weeks is suggested."];

    public static readonly Wordings ThyroidUltrasound =
        ["Nonemergent thyroid ultrasound is recommended.", "Recommend dedicated thyroid ultrasound.", "Further evaluation with thyroid ultrasound is advised."];

    public static readonly Wordings AorticUltrasound =
        ["Ultrasound surveillance in 3 years is recommended.", "Recommend follow-up aortic ultrasound in 3 years.", "Surveillance ultrasound at 3 years is suggested."];

    public static readonly Wordings AorticYear =
        ["Annual imaging follow-up is recommended.", "Recommend surveillance imaging in 12 months.", "Follow-up in one year is suggested."];

    public static readonly Wordings VascularSurgery =
        ["Vascular surgery consultation is recommended.", "Recommend vascular surgery referral.", "Referral to vascular surgery is advised."];

    public static readonly Wordings Surgery =
        ["Surgical consultation is recommended.", "Recommend surgical evaluation.", "Correlate clinically; surgical consultation is advised."];

    public static readonly Wordings Colonoscopy =
        ["Colonoscopy is recommended.", "Recommend colonoscopy if not recently performed.", "Correlation with colonoscopy is advised."];

    public static readonly Wordings ColonoscopyLater =
        ["Colonoscopy after resolution of the acute episode is recommended.", "Recommend colonoscopy in 6 to 8 weeks if not recently performed.", "Follow-up colonoscopy is suggested once symptoms have resolved."];

    public static readonly Wordings Endoscopy =
        ["Endoscopy is recommended for further evaluation.", "Recommend correlation with upper endoscopy.", "Endoscopic evaluation is suggested."];

    public static readonly Wordings BrainMr =
        ["MRI of the brain is recommended.", "Recommend further evaluation with brain MRI.", "MRI could be obtained for further characterization.", "Consider MRI of the brain with and without contrast."];

    public static readonly Wordings Neurosurgery =
        ["Neurosurgical consultation is recommended.", "Recommend urgent neurosurgical evaluation.", "Neurosurgery should be consulted."];

    public static readonly Wordings HeadCtSoon =
        ["Short-interval follow-up head CT is recommended.", "Recommend repeat head CT in 6 hours.", "Follow-up noncontrast head CT is advised to assess stability."];

    public static readonly Wordings JointMr =
        ["MRI is recommended if symptoms persist.", "Consider MRI for further evaluation.", "Recommend MRI if there is concern for internal derangement.", "MRI could be obtained if clinically indicated."];

    public static readonly Wordings FilmTenDays =
        ["Repeat radiographs in 10 to 14 days are recommended if symptoms persist.", "If clinical suspicion persists, follow-up radiographs in 10-14 days or MRI are suggested.", "Recommend immobilization and repeat radiographs in 10 to 14 days."];

    public static readonly Wordings Orthopedics =
        ["Orthopedic consultation is recommended.", "Recommend orthopedic follow-up.", "Orthopedic referral is advised."];

    public static readonly Wordings Correlate =
        ["Correlate clinically.", "Clinical correlation is recommended.", "Correlation with the clinical picture is advised.", "Please correlate with physical examination."];

    public static readonly Wordings Laboratory =
        ["Correlation with laboratory values is recommended.", "Correlate with laboratory findings.", "Please correlate with laboratory data."];

    public static readonly Wordings Urinalysis =
        ["Correlation with urinalysis is recommended.", "Correlate with urinalysis.", "Please correlate with urine studies."];

    public static readonly Wordings Densitometry =
        ["Bone densitometry is recommended if not recently performed.", "Recommend evaluation for osteoporosis.", "Consider bone density testing."];

    public static readonly Wordings Reposition =
        ["Repositioning is recommended.", "Recommend repositioning.", "The tube should be repositioned."];

    public static readonly Wordings Speech =
        ["Modified diet and swallowing precautions are advised per speech-language pathology.", "Please refer to the speech-language pathology report for diet recommendations.", "Recommendations per the speech-language pathologist."];

    public static IReadOnlyList<Wordings> All { get; } =
    [
        ChestFilmLater, ChestCt, NoFollowUp, NoduleYear, NoduleSoon, GroundGlass, TissueSampling, Oncology, LiverMr, RenalMr,
        Urology, AdrenalCt, PancreaticMr, PancreaticEus, PelvicUltrasound, PelvicUltrasoundLater, ThyroidUltrasound, AorticUltrasound, AorticYear, VascularSurgery,
        Surgery, Colonoscopy, ColonoscopyLater, Endoscopy, BrainMr, Neurosurgery, HeadCtSoon, JointMr, FilmTenDays, Orthopedics,
        Correlate, Laboratory, Urinalysis, Densitometry, Reposition, Speech,
    ];
}
